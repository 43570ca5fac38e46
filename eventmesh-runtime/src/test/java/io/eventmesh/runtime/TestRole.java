package io.eventmesh.runtime;

import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.role.Role;
import io.eventmesh.spi.role.RoleContext;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Tells what is done with it. */
final class TestRole implements Role {
    private final String name;
    private final RoleContext context;
    private final Consumer<String> told;
    private final Runnable onStart;

    TestRole(String name, RoleContext context, Consumer<String> told, Runnable onStart) {
        this.name = name;
        this.context = context;
        this.told = told;
        this.onStart = onStart;
    }

    RoleContext context() {
        return context;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void start() {
        told.accept("start " + name);
        onStart.run();
    }

    @Override
    public Health health() {
        return Health.up();
    }

    @Override
    public Map<String, String> endpoints() {
        return Map.of(name + ".test", "127.0.0.1:1");
    }

    @Override
    public List<String> banner() {
        return List.of("Test: role " + name);
    }

    @Override
    public void drain(Duration atMost) {
        told.accept("drain " + name);
    }

    @Override
    public void close() {
        told.accept("close " + name);
    }
}
