package io.eventmesh.tests.process;

import java.io.IOException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Processes that end with this one, also when it is told to end in the middle of a test. */
public final class Children {
    private static final Set<Process> ALL = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> ALL.forEach(Process::destroyForcibly)));
    }

    private Children() {}

    /** Starts one. */
    public static Process start(ProcessBuilder builder) throws IOException {
        Process process = builder.start();
        ALL.add(process);
        process.onExit().thenAccept(ALL::remove);
        return process;
    }
}
