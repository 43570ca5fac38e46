/** Small shared values that runtimes find one another by. */
@NullMarked
package io.eventmesh.spi.meta;

import org.jspecify.annotations.NullMarked;
