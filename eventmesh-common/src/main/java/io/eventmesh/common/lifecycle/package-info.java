/** Starting in order, stopping in reverse, and saying how one is. */
@NullMarked
package io.eventmesh.common.lifecycle;

import org.jspecify.annotations.NullMarked;
