/** The durable storage of one runtime: streams, groups and parked events in RocksDB. Why it is built so: RATIONALE.md. */
@NullMarked
package io.eventmesh.storage.rocksdb;

import org.jspecify.annotations.NullMarked;
