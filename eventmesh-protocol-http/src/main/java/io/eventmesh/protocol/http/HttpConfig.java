package io.eventmesh.protocol.http;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import java.time.Duration;
import java.util.List;

/** The section {@code mesh.http}. */
public record HttpConfig(
        @Doc("Whether the door is opened.") boolean enabled,
        @Doc("The address to bind.") String host,
        @Doc("The port to bind; 0 for a free one.") int port,

        @Doc(
                "Where others reach the door, host:port, when that is not what it binds: behind a proxy or in a container. Empty "
                        + "for what it binds.")
        String advertise,

        @Doc("The largest request body, also after decompression; a batch may be larger than an event.")
        DataSize maxBodySize,

        @Doc("How many event loops serve the connections.") int eventLoops,

        @Doc("How many connections may be open at once; further ones are closed at once.")
        int maxConnections,

        @Doc("How many streams of events and poll sessions may be open at once.")
        int maxConsumers,

        @Doc("How long a request's head may take, from its first byte.")
        Duration headerTimeout,

        @Doc("How long a request's body may take as a whole; one that comes slower than 240 bytes a second is cut off "
                + "earlier.")
        Duration bodyTimeout,

        @Doc("How long a connection without a request is kept.")
        Duration idleTimeout,

        @Doc("How often a stream of events says that it lives.")
        Duration heartbeat,

        @Doc("After how long without a poll or a settlement a poll session ends.")
        Duration sessionTimeout,

        @Doc("How long running calls may take to end when the door closes.")
        Duration drainTimeout,

        @Doc("Names under which callers may reach a door that is bound to loopback, beside those of this machine.")
        List<String> allowedHosts,

        @Doc("Origins of web pages that may use the door, such as https://console.example.com; * for every one.")
        List<String> allowedOrigins) {

    public HttpConfig {
        Check.notBlank("host", host);
        Check.port("port", port);
        Check.require(
                advertise.isEmpty() || advertise.matches("[^\\s/:]+:\\d{1,5}|\\[[0-9a-fA-F:]+\\]:\\d{1,5}"),
                "advertise",
                advertise,
                "host:port");
        Check.positive("max-body-size", maxBodySize);
        Check.range("event-loops", eventLoops, 1, 64);
        Check.range("max-connections", maxConnections, 1, 1_000_000);
        Check.range("max-consumers", maxConsumers, 0, 1_000_000);
        Check.positive("header-timeout", headerTimeout);
        Check.positive("body-timeout", bodyTimeout);
        Check.positive("idle-timeout", idleTimeout);
        Check.positive("heartbeat", heartbeat);
        Check.positive("session-timeout", sessionTimeout);
        Check.notNegative("drain-timeout", drainTimeout);
        allowedHosts = List.copyOf(allowedHosts);
        allowedOrigins = List.copyOf(allowedOrigins);
    }

    public static HttpConfig defaults() {
        return new HttpConfig(
                true,
                "127.0.0.1",
                10105,
                "",
                DataSize.ofMebibytes(4),
                1,
                10_000,
                1_000,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofSeconds(60),
                Duration.ofSeconds(15),
                Duration.ofSeconds(60),
                Duration.ofSeconds(5),
                List.of(),
                List.of());
    }
}
