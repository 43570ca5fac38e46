package io.eventmesh.benchmarks.system;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Keeps the loops of servers off the processor of the generator's loop. They wake each other through the loopback, and
 * Linux likes to run whoever is woken beside whoever woke it: for seconds both shared one of two processors, while the
 * other one had nothing to do. Needs {@code taskset} of util-linux and does nothing without it, or with one processor.
 */
final class Processors {
    private static final int COUNT = Runtime.getRuntime().availableProcessors();
    private static final Path TASKSET = Path.of("/usr/bin/taskset");

    private Processors() {}

    /** The last processor for the threads of this process whose names begin so. */
    static void generator(String threads) throws IOException {
        bind(ProcessHandle.current().pid(), threads, Integer.toString(COUNT - 1));
    }

    /** All other processors for a server's threads whose names begin so. */
    static void server(long process, String threads) throws IOException {
        bind(process, threads, "0-" + (COUNT - 2));
    }

    /** The first processor alone for all threads of a server, those to come included. */
    static void single(long process) throws IOException {
        bind(process, "", "0");
    }

    private static void bind(long process, String threads, String processors) throws IOException {
        if (COUNT < 2 || !Files.isExecutable(TASKSET)) {
            return;
        }
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc/" + process + "/task"))) {
            for (Path task : tasks) {
                if (name(task).startsWith(threads)) {
                    bind(task, processors);
                }
            }
        }
    }

    private static String name(Path task) throws IOException {
        try {
            return Files.readString(task.resolve("comm"));
        } catch (NoSuchFileException ended) {
            return "";
        }
    }

    private static void bind(Path task, String processors) throws IOException {
        Process taskset = new ProcessBuilder(
                        TASKSET.toString(),
                        "-pc",
                        processors,
                        task.getFileName().toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(taskset.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        boolean bound = taskset.onExit().join().exitValue() == 0;
        if (!bound && Files.exists(task)) {
            throw new IOException("taskset -pc %s %s: %s".formatted(processors, task, said));
        }
    }
}
