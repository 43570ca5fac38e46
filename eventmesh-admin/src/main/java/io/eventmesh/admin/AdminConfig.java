package io.eventmesh.admin;

import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.admin.schedule.Timing;
import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import java.time.Duration;
import java.util.Optional;

/**
 * The section {@code admin}.
 *
 * @param lease how long a runtime runs its tasks without hearing from the leader
 * @param grace how much longer the leader waits before it gives them to others
 * @param suspectAfter after how much silence a runtime gets no new tasks
 */
public record AdminConfig(
        Address http,
        Address grpc,
        DatabaseConfig database,

        @Doc("How long a runtime runs its tasks without hearing from the leading admin.")
        Duration lease,

        @Doc("How much longer the leading admin waits before it gives a silent runtime's tasks to others.")
        Duration grace,

        @Doc("After how much silence a runtime gets no new tasks; half the lease when that is shorter.")
        Duration suspectAfter) {

    public AdminConfig {
        Check.require(lease.toMillis() >= 1_000, "lease", lease, "1s or longer");
        // a leader that the meta store cannot see asks the database for its term every half second, within the grace
        Check.require(grace.toMillis() >= 1_000, "grace", grace, "1s or longer");
        Check.positive("suspect-after", suspectAfter);
    }

    /** Where a server listens. */
    public record Address(
            @Doc("The address to bind; one that is not loopback needs authentication.")
            String host,

            @Doc("The port; 0 takes a free one.") int port) {
        public Address {
            Check.notBlank("host", host);
            Check.port("port", port);
        }
    }

    public static AdminConfig defaults() {
        return new AdminConfig(
                new Address("127.0.0.1", 10106),
                new Address("127.0.0.1", 10206),
                DatabaseConfig.defaults(),
                Duration.ofSeconds(15),
                Duration.ofSeconds(5),
                Duration.ofSeconds(6));
    }

    /**
     * What is unwise about these settings beside the meta store's.
     *
     * @param session after how long the meta store sees a process gone
     */
    Optional<String> doubt(Duration session) {
        return session.compareTo(lease) < 0
                ? Optional.empty()
                : Optional.of(
                        "admin.lease: %s (expected: longer than the meta store's session time-out %s, else tasks end"
                                        .formatted(shown(lease), shown(session))
                                + " before another admin can lead)");
    }

    private static String shown(Duration duration) {
        return duration.toMillis() % 1_000 == 0 ? duration.toSeconds() + "s" : duration.toMillis() + "ms";
    }

    Timing timing() {
        Duration half = lease.dividedBy(2);
        return new Timing(lease, grace, suspectAfter.compareTo(half) < 0 ? suspectAfter : half);
    }
}
