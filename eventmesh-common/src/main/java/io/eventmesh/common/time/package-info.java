/** The one clock: wall time and monotonic time, both replaceable in a test. */
@NullMarked
package io.eventmesh.common.time;

import org.jspecify.annotations.NullMarked;
