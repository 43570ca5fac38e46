package io.eventmesh.runtime;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.role.Role;
import java.time.Duration;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between the roles and the announcement, so that at close all roles drain after the runtime was withdrawn and
 * before the first of them is closed: what feeds another one first.
 *
 * <p>All have one time together, whatever each of them was given: a role gets at most half of what is left, so that those
 * after it have the rest, and the last one all of it.
 */
final class Draining implements Component {
    private static final Logger log = LoggerFactory.getLogger(Draining.class);

    private final List<Role> roles;
    private final MeshClock clock;
    private final Duration together;
    private boolean drained;

    /**
     * @param roles in the order of their start
     * @param together what all of them may take
     */
    Draining(List<Role> roles, MeshClock clock, Duration together) {
        this.roles = List.copyOf(roles);
        this.clock = clock;
        this.together = together;
    }

    @Override
    public String name() {
        return "draining";
    }

    @Override
    public void start() {}

    @Override
    public Health health() {
        return Health.up();
    }

    @Override
    public synchronized void close() {
        if (drained) {
            return;
        }
        drained = true;
        long end = clock.nanoTime() + together.toNanos();
        for (int i = roles.size() - 1; i >= 0; i--) {
            long left = Math.max(0, end - clock.nanoTime());
            try {
                roles.get(i).drain(Duration.ofNanos(i == 0 ? left : left / 2));
            } catch (RuntimeException failure) {
                log.warn("Role did not drain. role={}", roles.get(i).name(), failure);
            }
        }
    }
}
