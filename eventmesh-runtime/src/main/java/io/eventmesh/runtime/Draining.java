package io.eventmesh.runtime;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.role.Role;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between the roles and the announcement, so that at close all roles drain after the runtime was withdrawn and
 * before the first of them is closed: what feeds another one first.
 */
final class Draining implements Component {
    private static final Logger log = LoggerFactory.getLogger(Draining.class);

    private final List<Role> roles;
    private boolean drained;

    /** @param roles in the order of their start */
    Draining(List<Role> roles) {
        this.roles = List.copyOf(roles);
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
        for (int i = roles.size() - 1; i >= 0; i--) {
            try {
                roles.get(i).drain();
            } catch (RuntimeException failure) {
                log.warn("Role did not drain. role={}", roles.get(i).name(), failure);
            }
        }
    }
}
