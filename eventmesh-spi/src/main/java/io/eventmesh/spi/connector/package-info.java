/** Sources and sinks: what moves events between a foreign system and the mesh. */
@NullMarked
package io.eventmesh.spi.connector;

import org.jspecify.annotations.NullMarked;
