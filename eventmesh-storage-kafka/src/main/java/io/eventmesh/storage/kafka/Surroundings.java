package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import java.util.function.BooleanSupplier;

/**
 * What groups, readers and the parking share with the rest of the storage.
 *
 * @param runtime tells this runtime's clients from others'
 * @param running whether the storage serves
 */
record Surroundings(
        Clients clients,
        Catalog catalog,
        Streams streams,
        Topics topics,
        RecordReader records,
        TopicNames names,
        KafkaStorageConfig config,
        MeshClock clock,
        String runtime,
        BooleanSupplier running) {

    static EventMeshException unavailable() {
        return new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "kafka storage: not running (expected: running)");
    }
}
