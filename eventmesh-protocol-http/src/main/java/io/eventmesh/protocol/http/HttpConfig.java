package io.eventmesh.protocol.http;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import java.time.Duration;

/** The section {@code mesh.http}. */
public record HttpConfig(
        @Doc("Whether the door is opened.") boolean enabled,
        @Doc("The address to bind.") String host,
        @Doc("The port to bind; 0 for a free one.") int port,

        @Doc("The largest request body; a batch may be larger than an event.")
        DataSize maxBodySize,

        @Doc("How many event loops serve the connections.") int eventLoops,

        @Doc("How long a connection without a request is kept.")
        Duration idleTimeout,

        @Doc("How long running calls may take to end when the door closes.")
        Duration drainTimeout) {

    public HttpConfig {
        Check.notBlank("host", host);
        Check.port("port", port);
        Check.positive("max-body-size", maxBodySize);
        Check.range("event-loops", eventLoops, 1, 64);
        Check.positive("idle-timeout", idleTimeout);
        Check.notNegative("drain-timeout", drainTimeout);
    }

    public static HttpConfig defaults() {
        return new HttpConfig(
                true, "127.0.0.1", 10105, DataSize.ofMebibytes(4), 1, Duration.ofSeconds(60), Duration.ofSeconds(5));
    }
}
