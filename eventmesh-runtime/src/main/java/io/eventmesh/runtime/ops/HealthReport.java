package io.eventmesh.runtime.ops;

import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * How a process and its components are, for {@code /readyz}. Thread-safe.
 *
 * <p>Ready means: announced in the meta store, and no component DOWN. A DEGRADED component serves, so it does not take
 * the process out of service.
 */
public final class HealthReport {
    private final List<Component> components = new CopyOnWriteArrayList<>();
    private volatile String notAnnounced = "starting";

    /** Adds a component that was started. */
    public void add(Component component) {
        components.add(component);
    }

    /** The process is announced: others send to it. */
    public void announced() {
        notAnnounced = "";
    }

    /** The process is not, or no longer, announced. */
    public void withdrawn(String why) {
        notAnnounced = why;
    }

    /** Why the process is not ready, a sentence each; empty when it is. */
    public List<String> reasons() {
        List<String> reasons = new ArrayList<>();
        String missing = notAnnounced;
        if (!missing.isEmpty()) {
            reasons.add("not registered: " + missing);
        }
        for (Component component : components) {
            Health health = component.health();
            if (health.state() == Health.State.DOWN) {
                reasons.add("%s is DOWN: %s".formatted(component.name(), health.detail()));
            }
        }
        return reasons;
    }

    /** The report as a tree for JSON. */
    Map<String, Object> tree() {
        List<String> reasons = reasons();
        List<Object> each = new ArrayList<>();
        for (Component component : components) {
            Health health = component.health();
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", component.name());
            entry.put("state", health.state().name());
            entry.put("detail", health.detail());
            each.add(entry);
        }
        Map<String, Object> tree = new LinkedHashMap<>();
        tree.put("ready", reasons.isEmpty());
        tree.put("reasons", reasons);
        tree.put("components", each);
        return tree;
    }
}
