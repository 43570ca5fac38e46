package io.eventmesh.tests.fault.task;

import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** One process of a scene that may be ended, paused, and started again as the same runtime. Used by one thread. */
final class Part {
    private final String name;
    private final Supplier<MeshProcess> launch;
    private MeshProcess process;

    Part(String name, Supplier<MeshProcess> launch) {
        this.name = name;
        this.launch = launch;
        this.process = launch.get();
    }

    Part awaitReady() {
        process.awaitReady();
        return this;
    }

    String runtime() {
        return process.printed("runtime (\\S+)");
    }

    Rest admin() {
        return new Rest(process.printed("Admin:\\s+(http://[^/\\s]+)"));
    }

    MeshProcess process() {
        return process;
    }

    /** SIGKILL. */
    void kill() {
        process.kill();
    }

    /** SIGSTOP. */
    void pause() {
        signal("-STOP");
    }

    /** SIGCONT. */
    void resume() {
        signal("-CONT");
    }

    /** Starts it again when it does not run; does not wait. */
    void start() {
        if (!process.isAlive()) {
            process = launch.get();
        }
    }

    private void signal(String signal) {
        try {
            Process kill = new ProcessBuilder("kill", signal, Long.toString(process.pid())).start();
            if (!kill.waitFor(10, TimeUnit.SECONDS) || kill.exitValue() != 0) {
                throw new IllegalStateException("kill %s %d: failed".formatted(signal, process.pid()));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
