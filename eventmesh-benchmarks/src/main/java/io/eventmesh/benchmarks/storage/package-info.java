/** Storages beside what the disk alone gives, in the same run. */
@NullMarked
package io.eventmesh.benchmarks.storage;

import org.jspecify.annotations.NullMarked;
