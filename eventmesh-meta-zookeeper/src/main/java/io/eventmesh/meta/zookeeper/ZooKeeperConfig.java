package io.eventmesh.meta.zookeeper;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import java.time.Duration;

/**
 * The section {@code meta.zookeeper}.
 *
 * @param sessionTimeout after which the registrations of a process that fell silent disappear
 * @param connectTimeout how long a start waits for the first connection
 * @param operationTimeout how long a call waits for its answer
 * @param embeddedPort of the embedded server; 0 takes a free one, which the other processes of the data directory find
 */
public record ZooKeeperConfig(
        @Doc("How long a silent process stays registered.") Duration sessionTimeout,

        @Doc("How long a start waits for the first connection.")
        Duration connectTimeout,

        @Doc("How long a call waits for its answer.") Duration operationTimeout,

        @Doc("Loopback port of the embedded server, used when meta.connect is empty; 0 = a free one.")
        int embeddedPort) {

    private static final Duration SHORTEST_SESSION = Duration.ofSeconds(1);
    private static final Duration LONGEST_SESSION = Duration.ofMinutes(2);

    public ZooKeeperConfig {
        Check.require(
                sessionTimeout.compareTo(SHORTEST_SESSION) >= 0 && sessionTimeout.compareTo(LONGEST_SESSION) <= 0,
                "session-timeout",
                sessionTimeout,
                "1s..120s");
        Check.positive("connect-timeout", connectTimeout);
        Check.positive("operation-timeout", operationTimeout);
        Check.port("embedded-port", embeddedPort);
    }

    static ZooKeeperConfig defaults() {
        return new ZooKeeperConfig(Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofSeconds(5), 2181);
    }
}
