package io.eventmesh.protocol.grpc;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import java.time.Duration;

/** The section {@code mesh.grpc}. */
public record GrpcConfig(
        @Doc("Whether the door is opened.") boolean enabled,
        @Doc("The address to bind.") String host,
        @Doc("The port to bind; 0 takes a free one.") int port,

        @Doc(
                "Where others reach the door, host:port, when that is not what it binds: behind a proxy or in a container. Empty "
                        + "for what it binds.")
        String advertise,

        @Doc("The transport's limit for one message; must lie above limits.max-event-size.")
        DataSize maxMessageSize,

        @Doc("How much of one connection or stream may be on its way unread; 1MiB or more.")
        DataSize flowControlWindow,

        @Doc("Threads that read and write the door's connections.")
        int eventLoops,

        @Doc("How long running calls may take to end when the door closes.")
        Duration drainTimeout,

        @Doc("How often an open subscription is sent a sign of life.")
        Duration pingInterval,

        @Doc("A webhook's subscriber that came by the EventMesh SDK and has sent no heartbeat for so long is gone.")
        Duration sessionExpiry) {

    public GrpcConfig {
        Check.notBlank("host", host);
        Check.port("port", port);
        Check.require(
                advertise.isEmpty() || advertise.matches("[^\\s/:]+:\\d{1,5}|\\[[0-9a-fA-F:]+\\]:\\d{1,5}"),
                "advertise",
                advertise,
                "host:port");
        Check.range("max-message-size", maxMessageSize.bytes(), 64L << 10, 256L << 20);
        Check.range("flow-control-window", flowControlWindow.bytes(), 1L << 20, 256L << 20);
        Check.range("event-loops", eventLoops, 1, 64);
        Check.notNegative("drain-timeout", drainTimeout);
        Check.positive("ping-interval", pingInterval);
        Check.positive("session-expiry", sessionExpiry);
    }

    static GrpcConfig defaults() {
        return new GrpcConfig(
                true,
                "127.0.0.1",
                10205,
                "",
                DataSize.ofMebibytes(4),
                DataSize.ofMebibytes(4),
                1,
                Duration.ofSeconds(5),
                Duration.ofSeconds(5),
                Duration.ofSeconds(60));
    }
}
