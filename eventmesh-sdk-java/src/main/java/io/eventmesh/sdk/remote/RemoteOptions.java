package io.eventmesh.sdk.remote;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link RemoteMesh} behaves. Immutable.
 *
 * @param runtime the id of the runtime that this client is part of; null for an application
 * @param clusterKey by which a runtime proves that it is one; null for an application
 * @param callTimeout how long a publish or the start of a subscription may take when its context has no deadline
 * @param maxInFlightEvents publishes without an answer; one more is refused with OVERLOADED
 * @param maxInFlightBytes their bytes; beyond them a publish is refused with OVERLOADED
 * @param maxMessageSize what a runtime takes as one message; larger events are refused with EVENT_TOO_LARGE here,
 *     since one would break the connection for all the others
 * @param silence how long an open subscription may hear nothing, not even a sign of life, before it moves on
 * @param minBackoff the shortest pause before a failed runtime is tried again
 * @param maxBackoff the longest
 * @param drainTimeout how long close waits for answers
 */
public record RemoteOptions(
        @Nullable String runtime,
        @Nullable Secret clusterKey,
        Duration callTimeout,
        int maxInFlightEvents,
        DataSize maxInFlightBytes,
        DataSize maxMessageSize,
        Duration silence,
        Duration minBackoff,
        Duration maxBackoff,
        Duration drainTimeout) {

    public RemoteOptions {
        Check.positive("call-timeout", callTimeout);
        Check.positive("max-in-flight-events", maxInFlightEvents);
        Check.positive("max-in-flight-bytes", maxInFlightBytes);
        Check.positive("max-message-size", maxMessageSize);
        Check.positive("silence", silence);
        Check.positive("min-backoff", minBackoff);
        Check.require(maxBackoff.compareTo(minBackoff) >= 0, "max-backoff", maxBackoff, "not below min-backoff");
        Check.notNegative("drain-timeout", drainTimeout);
    }

    /** 30 s for a call, 16,384 events or 64 MiB in flight, dead after 20 s of silence, back-off 0.1 to 5 s. */
    public static RemoteOptions defaults() {
        return new RemoteOptions(
                null,
                null,
                Duration.ofSeconds(30),
                16_384,
                DataSize.ofMebibytes(64),
                DataSize.ofMebibytes(4),
                Duration.ofSeconds(20),
                Duration.ofMillis(100),
                Duration.ofSeconds(5),
                Duration.ofSeconds(5));
    }

    /** These options for a client that is part of a runtime of the cluster. */
    public RemoteOptions asRuntime(String id, Secret key) {
        return new RemoteOptions(
                id,
                key,
                callTimeout,
                maxInFlightEvents,
                maxInFlightBytes,
                maxMessageSize,
                silence,
                minBackoff,
                maxBackoff,
                drainTimeout);
    }

    /** These options with another time-out for calls. */
    public RemoteOptions withCallTimeout(Duration timeout) {
        return new RemoteOptions(
                runtime,
                clusterKey,
                timeout,
                maxInFlightEvents,
                maxInFlightBytes,
                maxMessageSize,
                silence,
                minBackoff,
                maxBackoff,
                drainTimeout);
    }

    /** These options with other bounds for publishes without an answer. */
    public RemoteOptions withMaxInFlight(int events, DataSize bytes) {
        return new RemoteOptions(
                runtime,
                clusterKey,
                callTimeout,
                events,
                bytes,
                maxMessageSize,
                silence,
                minBackoff,
                maxBackoff,
                drainTimeout);
    }

    /** These options with another bound for silence on an open subscription. */
    public RemoteOptions withSilence(Duration bound) {
        return new RemoteOptions(
                runtime,
                clusterKey,
                callTimeout,
                maxInFlightEvents,
                maxInFlightBytes,
                maxMessageSize,
                bound,
                minBackoff,
                maxBackoff,
                drainTimeout);
    }
}
