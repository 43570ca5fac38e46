/** Servers that translate a wire protocol to the mesh and back. */
@NullMarked
package io.eventmesh.spi.protocol;

import org.jspecify.annotations.NullMarked;
