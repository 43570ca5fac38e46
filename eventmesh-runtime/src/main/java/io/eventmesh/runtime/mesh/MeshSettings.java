package io.eventmesh.runtime.mesh;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.runtime.delivery.DeliverySettings;

/**
 * What a mesh is told about itself.
 *
 * @param runtimeId in the names of passing groups
 * @param maxEventSize of an encoded event
 * @param maxAppends events being stored at a time; more are refused with OVERLOADED
 */
public record MeshSettings(
        String runtimeId, DataSize maxEventSize, TopicsConfig topics, int maxAppends, DeliverySettings delivery) {
    public static MeshSettings defaults(String runtimeId) {
        return new MeshSettings(
                runtimeId, DataSize.ofMebibytes(1), TopicsConfig.defaults(), 16_384, DeliverySettings.defaults());
    }

    public MeshSettings withTopics(TopicsConfig other) {
        return new MeshSettings(runtimeId, maxEventSize, other, maxAppends, delivery);
    }

    public MeshSettings withDelivery(DeliverySettings other) {
        return new MeshSettings(runtimeId, maxEventSize, topics, maxAppends, other);
    }

    public MeshSettings withMaxEventSize(DataSize other) {
        return new MeshSettings(runtimeId, other, topics, maxAppends, delivery);
    }
}
