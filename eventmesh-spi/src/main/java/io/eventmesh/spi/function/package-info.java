/** Steps that judge, change or compute events. */
@NullMarked
package io.eventmesh.spi.function;

import org.jspecify.annotations.NullMarked;
