package io.eventmesh.sdk.remote;

import com.google.protobuf.ByteString;
import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Secret;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link RemoteMesh} behaves. Immutable.
 *
 * @param runtime the id of the runtime that this client is part of; null for an application
 * @param clusterKey by which a runtime proves that it is one; null for an application
 * @param token asked for each call or stream for what proves who the application is; null for nobody in particular
 * @param callTimeout how long a publish or the start of a subscription may take when its context has no deadline
 * @param maxInFlightEvents publishes without an answer
 * @param maxInFlightBytes their bytes
 * @param dropOldest what happens beyond these bounds: true gives up the oldest publishes, which fail with OVERLOADED and
 *     may or may not be stored; false refuses the new one with OVERLOADED
 * @param maxMessageSize what a runtime takes as one message; larger events are refused with EVENT_TOO_LARGE here,
 *     since one would break the connection for all the others
 * @param silence how long an open subscription may hear nothing, not even a sign of life, before it moves on
 * @param minBackoff the shortest pause before a failed runtime is tried again
 * @param maxBackoff the longest
 * @param drainTimeout how long close waits for answers
 * @param lease the newest proof of the runtime's lease, asked for each call that speaks for a task; null for an
 *     application
 */
public record RemoteOptions(
        @Nullable String runtime,
        @Nullable Secret clusterKey,
        @Nullable Supplier<Secret> token,
        Duration callTimeout,
        int maxInFlightEvents,
        DataSize maxInFlightBytes,
        boolean dropOldest,
        DataSize maxMessageSize,
        Duration silence,
        Duration minBackoff,
        Duration maxBackoff,
        Duration drainTimeout,
        @Nullable Supplier<ByteString> lease) {

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

    /** 30 s for a call, 16,384 events or 64 MiB in flight, dead after 15 s of silence, back-off 0.1 to 5 s. */
    public static RemoteOptions defaults() {
        return new Builder().build();
    }

    /** These options for a client that is part of a runtime of the cluster. */
    public RemoteOptions asRuntime(String id, Secret key) {
        Builder changed = toBuilder();
        changed.runtime = id;
        changed.clusterKey = key;
        return changed.build();
    }

    /** These options for a runtime whose tasks speak: the mesh is shown that it still has its lease. */
    public RemoteOptions withLease(Supplier<ByteString> newest) {
        Builder changed = toBuilder();
        changed.lease = newest;
        return changed.build();
    }

    /** Begins with these options. */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.runtime = runtime;
        builder.clusterKey = clusterKey;
        builder.token = token;
        builder.callTimeout = callTimeout;
        builder.maxInFlightEvents = maxInFlightEvents;
        builder.maxInFlightBytes = maxInFlightBytes;
        builder.dropOldest = dropOldest;
        builder.maxMessageSize = maxMessageSize;
        builder.silence = silence;
        builder.minBackoff = minBackoff;
        builder.maxBackoff = maxBackoff;
        builder.drainTimeout = drainTimeout;
        builder.lease = lease;
        return builder;
    }

    /** Changes options; what they mean stands at {@link RemoteOptions}. Not thread-safe. */
    public static final class Builder {
        private @Nullable String runtime;
        private @Nullable Secret clusterKey;
        private @Nullable Supplier<Secret> token;
        private Duration callTimeout = Duration.ofSeconds(30);
        private int maxInFlightEvents = 16_384;
        private DataSize maxInFlightBytes = DataSize.ofMebibytes(64);
        private boolean dropOldest;
        private DataSize maxMessageSize = DataSize.ofMebibytes(4);
        private Duration silence = Duration.ofSeconds(15);
        private Duration minBackoff = Duration.ofMillis(100);
        private Duration maxBackoff = Duration.ofSeconds(5);
        private Duration drainTimeout = Duration.ofSeconds(5);
        private @Nullable Supplier<ByteString> lease;

        private Builder() {}

        public Builder token(Supplier<Secret> proof) {
            token = proof;
            return this;
        }

        public Builder callTimeout(Duration timeout) {
            callTimeout = timeout;
            return this;
        }

        public Builder maxInFlight(int events, DataSize bytes) {
            maxInFlightEvents = events;
            maxInFlightBytes = bytes;
            return this;
        }

        public Builder dropOldest(boolean drops) {
            dropOldest = drops;
            return this;
        }

        public Builder maxMessageSize(DataSize size) {
            maxMessageSize = size;
            return this;
        }

        public Builder silence(Duration bound) {
            silence = bound;
            return this;
        }

        public Builder backoff(Duration min, Duration max) {
            minBackoff = min;
            maxBackoff = max;
            return this;
        }

        public Builder drainTimeout(Duration timeout) {
            drainTimeout = timeout;
            return this;
        }

        public RemoteOptions build() {
            return new RemoteOptions(
                    runtime,
                    clusterKey,
                    token,
                    callTimeout,
                    maxInFlightEvents,
                    maxInFlightBytes,
                    dropOldest,
                    maxMessageSize,
                    silence,
                    minBackoff,
                    maxBackoff,
                    drainTimeout,
                    lease);
        }
    }
}
