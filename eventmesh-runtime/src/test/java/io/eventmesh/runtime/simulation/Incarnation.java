package io.eventmesh.runtime.simulation;

import io.eventmesh.common.time.Scheduler;
import io.eventmesh.runtime.mesh.LocalMesh;
import io.eventmesh.runtime.mesh.MeshSettings;
import io.eventmesh.runtime.mesh.SeededMesh;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.Faults;
import io.eventmesh.testkit.storage.FaultyStorage;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** A mesh runtime that can be killed: once dead, it neither acts nor hears; a deaf one acts. */
final class Incarnation {
    private static final CallContext CALLER = CallContext.of(Principal.ANONYMOUS, "life");

    private final int number;
    private final FaultyStorage faulty;
    private final LocalMesh mesh;
    private final PlantedBug bug;
    private final ManualTime time;
    private final List<String> broken;
    private final Queue<Runnable> unheard = new ArrayDeque<>();
    private boolean alive = true;
    private boolean deaf;
    private boolean superseded;

    /** What all processes of a life share. */
    record Surroundings(
            Storage disk,
            ManualTime time,
            Queue<Runnable> steps,
            MeshSettings settings,
            MeterRegistry meters,
            RandomGenerator random,
            PlantedBug bug,
            List<String> broken) {}

    Incarnation(int number, Surroundings around, Ledger ledger) {
        this.number = number;
        this.broken = around.broken();
        this.faulty = new FaultyStorage(around.bug().disk(around.disk()));
        Storage storage =
                new ObservedStorage(around.bug().storage(faulty), ledger, this::isAlive, () -> !superseded, this::hear);
        Scheduler scheduler = (delay, task) -> around.time().schedule(delay, () -> whileAlive(task));
        this.mesh = SeededMesh.of(
                storage,
                around.settings(),
                around.time(),
                scheduler,
                step -> around.steps().add(() -> whileAlive(step)),
                around.meters(),
                around.random());
        this.bug = around.bug();
        this.time = around.time();
        mesh.start();
    }

    private void whileAlive(Runnable task) {
        if (alive) {
            task.run();
        }
    }

    int number() {
        return number;
    }

    Mesh mesh() {
        return mesh;
    }

    /** Wall time. */
    long millis() {
        return time.millis();
    }

    CompletionStage<Member> subscribe(SubscribeTerms terms, Receiver receiver) {
        return bug.subscribe(mesh, CALLER, terms, receiver);
    }

    Faults faults() {
        return faulty.faults();
    }

    boolean isAlive() {
        return alive;
    }

    /** Another one takes over; this one may live on for a while. */
    void supersede() {
        superseded = true;
    }

    /** As by SIGKILL. */
    void kill() {
        alive = false;
    }

    /** Hears nothing of its storage for a while: what it is told waits. */
    void deafen() {
        deaf = true;
    }

    boolean isDeaf() {
        return deaf;
    }

    /** Hears what it has missed. */
    void listen() {
        for (Runnable word = unheard.poll(); word != null && alive; word = unheard.poll()) {
            word.run();
        }
        deaf = false;
    }

    private void hear(Runnable word) {
        if (deaf) {
            unheard.add(word);
        } else if (alive) {
            word.run();
        }
    }

    void require(boolean holds, Supplier<String> otherwise) {
        if (!holds) {
            broken.add(otherwise.get());
        }
    }
}
