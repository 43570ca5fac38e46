package io.eventmesh.tests.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * An installation of its own for a test: scripts and configuration copied, jars shared with the packed distribution, data
 * in a directory of the test. Closing it kills what still runs.
 */
public final class Installation implements AutoCloseable {
    private final Path base;
    private final List<MeshProcess> processes = new ArrayList<>();

    /** @param directory empty, the test's own */
    public Installation(Path directory) {
        Path packed = Path.of(Objects.requireNonNull(
                System.getProperty("eventmesh.dist"), "eventmesh.dist: absent (expected: the packed distribution)"));
        base = directory;
        try {
            for (String folder : List.of("bin", "conf")) {
                copy(packed.resolve(folder), base.resolve(folder));
            }
            Files.createSymbolicLink(base.resolve("lib"), packed.resolve("lib").toRealPath());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Path copy = Files.copy(file, to.resolve(file.getFileName()));
                if (!copy.toFile().setExecutable(Files.isExecutable(file))) {
                    throw new IOException("not executable: " + copy);
                }
            }
        }
    }

    public Path base() {
        return base;
    }

    /** Starts {@code bin/start.sh} with the arguments; does not wait. */
    public MeshProcess start(String name, String... arguments) {
        return run(name, Map.of(), "bin/start.sh", arguments);
    }

    /** Starts every role in one process, at ports that are free, and waits until it is ready. */
    public MeshProcess startStandalone(Map<String, String> environment) {
        return run(
                        "standalone",
                        environment,
                        "bin/start.sh",
                        settings(
                                "mesh.http.port=0",
                                "mesh.grpc.port=0",
                                "admin.http.port=0",
                                "admin.grpc.port=0",
                                "meta.zookeeper.embedded-port=0"))
                .awaitReady();
    }

    /** Settings, {@code key=value} each, as arguments of {@code bin/start.sh}. */
    public static String[] settings(String... settings) {
        return Stream.of(settings).flatMap(each -> Stream.of("--set", each)).toArray(String[]::new);
    }

    /** Runs a script of the installation; does not wait. */
    public MeshProcess run(String name, Map<String, String> environment, String script, String... arguments) {
        return run(List.of(), name, environment, script, arguments);
    }

    /**
     * The same elsewhere.
     *
     * @param prefix what the command line begins with, such as {@code ip netns exec name}
     */
    public MeshProcess run(
            List<String> prefix, String name, Map<String, String> environment, String script, String... arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.add(base.resolve(script).toString());
        command.addAll(Arrays.asList(arguments));
        MeshProcess process = MeshProcess.start(name, base, command, environment);
        processes.add(process);
        return process;
    }

    @Override
    public void close() {
        for (int i = processes.size() - 1; i >= 0; i--) {
            processes.get(i).kill();
        }
    }
}
