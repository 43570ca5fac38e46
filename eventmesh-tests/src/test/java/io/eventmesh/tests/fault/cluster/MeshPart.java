package io.eventmesh.tests.fault.cluster;

import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Signals;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One mesh runtime that may be ended, paused, and started again as the same one, with data of its own. One thread. */
final class MeshPart {
    /** What a stop may take in all, and a bit for a busy machine. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(40);

    private final String name;
    private final Installation installation;
    private final List<String> prefix;
    private final List<String> settings;
    private @Nullable MeshProcess process;

    /**
     * A runtime that does not run yet.
     *
     * @param prefix what its command line begins with
     * @param settings {@code key=value}
     */
    MeshPart(String name, Path directory, List<String> prefix, List<String> settings) {
        this.name = name;
        this.installation = new Installation(directory);
        this.prefix = List.copyOf(prefix);
        this.settings = List.copyOf(settings);
    }

    /** Starts it when it does not run; does not wait. */
    void start() {
        if (process != null && process.isAlive()) {
            return;
        }
        List<String> arguments = new ArrayList<>(List.of("--role=mesh"));
        settings.forEach(setting -> arguments.addAll(List.of("--set", setting)));
        process = installation.run(prefix, name, Map.of(), "bin/start.sh", arguments.toArray(String[]::new));
    }

    MeshProcess process() {
        if (process == null) {
            throw new IllegalStateException(name + " was never started");
        }
        return process;
    }

    void awaitReady() {
        process().awaitReady();
    }

    /** SIGKILL. */
    void kill() {
        process().kill();
    }

    /** SIGTERM; returns when it is gone. */
    void terminate() {
        process().terminate();
        int exit = process().awaitExit(STOP_LIMIT);
        if (exit != 0 && exit != 143) {
            throw new AssertionError(
                    "%s: exit %d after SIGTERM (expected: 143)%n%s".formatted(name, exit, lastWords()));
        }
    }

    /** SIGSTOP. */
    void pause() {
        Signals.pause(process().pid());
    }

    /** SIGCONT. */
    void resume() {
        Signals.resume(process().pid());
    }

    String lastWords() {
        if (process == null) {
            return "";
        }
        String said = process.out() + process.err();
        return "--- %s%n%s".formatted(name, said.substring(Math.max(0, said.length() - 6_000)));
    }

    void close() {
        installation.close();
    }

    @Override
    public String toString() {
        return name;
    }
}
