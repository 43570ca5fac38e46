/** What a protocol door may ask of the mesh. */
@NullMarked
package io.eventmesh.spi.mesh;

import org.jspecify.annotations.NullMarked;
