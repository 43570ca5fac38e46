/** Micro-benchmarks of the hot path. */
@NullMarked
package io.eventmesh.benchmarks;

import org.jspecify.annotations.NullMarked;
