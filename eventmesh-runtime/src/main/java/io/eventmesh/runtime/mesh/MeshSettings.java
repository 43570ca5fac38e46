package io.eventmesh.runtime.mesh;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.runtime.config.LimitsConfig;
import io.eventmesh.runtime.delivery.DeliverySettings;
import java.time.Duration;

/**
 * What a mesh is told about itself.
 *
 * @param runtimeId in the names of passing groups, and in what a reply is addressed to
 * @param limits size of events, rates and quotas
 * @param maxAppends events being stored at a time; more are refused with OVERLOADED
 * @param maxRequests requests waiting for their reply at a time; more are refused with OVERLOADED
 * @param maxRequestTimeout the longest that a request may wait
 * @param pushInFlight events on their way to one destination at a time
 * @param groupExpireAfter after which a group without members is deleted; zero for never
 */
public record MeshSettings(
        String runtimeId,
        LimitsConfig limits,
        TopicsConfig topics,
        int maxAppends,
        int maxRequests,
        Duration maxRequestTimeout,
        int pushInFlight,
        Duration groupExpireAfter,
        DeliverySettings delivery) {
    public static MeshSettings defaults(String runtimeId) {
        return MeshConfig.defaults().settings(runtimeId, LimitsConfig.defaults(), TopicsConfig.defaults());
    }

    public MeshSettings withTopics(TopicsConfig other) {
        return new MeshSettings(
                runtimeId,
                limits,
                other,
                maxAppends,
                maxRequests,
                maxRequestTimeout,
                pushInFlight,
                groupExpireAfter,
                delivery);
    }

    public MeshSettings withDelivery(DeliverySettings other) {
        return new MeshSettings(
                runtimeId,
                limits,
                topics,
                maxAppends,
                maxRequests,
                maxRequestTimeout,
                pushInFlight,
                groupExpireAfter,
                other);
    }

    public MeshSettings withLimits(LimitsConfig other) {
        return new MeshSettings(
                runtimeId,
                other,
                topics,
                maxAppends,
                maxRequests,
                maxRequestTimeout,
                pushInFlight,
                groupExpireAfter,
                delivery);
    }

    MeshSettings withMaxAppends(int other) {
        return new MeshSettings(
                runtimeId,
                limits,
                topics,
                other,
                maxRequests,
                maxRequestTimeout,
                pushInFlight,
                groupExpireAfter,
                delivery);
    }

    MeshSettings withMaxRequests(int other) {
        return new MeshSettings(
                runtimeId,
                limits,
                topics,
                maxAppends,
                other,
                maxRequestTimeout,
                pushInFlight,
                groupExpireAfter,
                delivery);
    }

    MeshSettings withPushInFlight(int other) {
        return new MeshSettings(
                runtimeId,
                limits,
                topics,
                maxAppends,
                maxRequests,
                maxRequestTimeout,
                other,
                groupExpireAfter,
                delivery);
    }

    public MeshSettings withGroupExpireAfter(Duration other) {
        return new MeshSettings(
                runtimeId, limits, topics, maxAppends, maxRequests, maxRequestTimeout, pushInFlight, other, delivery);
    }

    public MeshSettings withMaxEventSize(DataSize other) {
        return withLimits(limits.withMaxEventSize(other));
    }
}
