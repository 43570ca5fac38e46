/** Whole lives of a mesh in one thread and virtual time, by seed, held against the checker; and what the checker must catch. */
@NullMarked
package io.eventmesh.runtime.simulation;

import org.jspecify.annotations.NullMarked;
