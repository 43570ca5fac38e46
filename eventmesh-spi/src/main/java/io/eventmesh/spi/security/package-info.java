/** Who calls, and whether it may. */
@NullMarked
package io.eventmesh.spi.security;

import org.jspecify.annotations.NullMarked;
