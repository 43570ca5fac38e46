package io.eventmesh.testkit.connector;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A task's context that writes down what is asked of it. Thread-safe. */
public final class FakeTaskContext implements TaskContext {
    /** A record that was rejected, and why. */
    public record Rejected(SinkRecord record, Throwable why) {}

    private final String connector;
    private final int ordinal;
    private final int tasks;
    private final MeshClock clock;
    private final List<Rejected> rejected = new CopyOnWriteArrayList<>();
    private final AtomicInteger restarts = new AtomicInteger();

    public FakeTaskContext(String connector, int ordinal, int tasks, MeshClock clock) {
        this.connector = connector;
        this.ordinal = ordinal;
        this.tasks = tasks;
        this.clock = clock;
    }

    /** The only task of a connector in the namespace {@code default}, with the system's clock. */
    public static FakeTaskContext of(String connector) {
        return new FakeTaskContext(connector, 0, 1, MeshClock.system());
    }

    @Override
    public String namespace() {
        return "default";
    }

    @Override
    public String connector() {
        return connector;
    }

    @Override
    public int ordinal() {
        return ordinal;
    }

    @Override
    public int tasks() {
        return tasks;
    }

    @Override
    public TaskFence fence() {
        return new TaskFence(task(), 1, 1);
    }

    @Override
    public MeshClock clock() {
        return clock;
    }

    @Override
    public void reject(SinkRecord record, Throwable why) {
        rejected.add(new Rejected(record, why));
    }

    @Override
    public void restart() {
        restarts.incrementAndGet();
    }

    /** What was rejected so far. */
    public List<Rejected> rejected() {
        return List.copyOf(rejected);
    }

    /** How often a restart was asked for. */
    public int restarts() {
        return restarts.get();
    }
}
