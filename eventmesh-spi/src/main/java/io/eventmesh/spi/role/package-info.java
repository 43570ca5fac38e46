/** What a runtime process can be. */
@NullMarked
package io.eventmesh.spi.role;

import org.jspecify.annotations.NullMarked;
