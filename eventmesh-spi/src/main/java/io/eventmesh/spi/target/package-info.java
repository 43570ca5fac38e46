/** Destinations to which a rule's results are sent. */
@NullMarked
package io.eventmesh.spi.target;

import org.jspecify.annotations.NullMarked;
