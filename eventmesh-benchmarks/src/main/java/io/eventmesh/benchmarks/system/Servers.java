package io.eventmesh.benchmarks.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Starts the servers of a benchmark, with their logs and data in a directory that goes away with it. */
final class Servers implements AutoCloseable {
    private final Path directory;
    private int started;

    Servers() throws IOException {
        directory = Files.createTempDirectory("eventmesh-benchmark");
    }

    /** The bare echo in a process of its own. */
    ServerProcess echo(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return ServerProcess.start(command, Map.of(), Pattern.compile("(?<host>x)?port (?<port>\\d+)"), log("echo"));
    }

    /**
     * The packed distribution in role mesh on ports of its own; system property {@code eventmesh.start} names its
     * {@code bin/start.sh}.
     *
     * @param javaOptions such as {@code -Xmx128m}
     * @param door whose port is wanted: {@code gRPC} or {@code HTTP}
     * @param settings keys and values, {@code key=value}
     */
    ServerProcess mesh(String javaOptions, String door, String... settings) throws IOException {
        List<String> all = new ArrayList<>(List.of("mesh.grpc.port=0", "mesh.http.port=0"));
        all.addAll(List.of(settings));
        return role("mesh", javaOptions, door, all);
    }

    /** The roles mesh, function and admin in one process; the port is that of gRPC. */
    ServerProcess withRules(String... settings) throws IOException {
        List<String> all = new ArrayList<>(
                List.of("mesh.grpc.port=0", "mesh.http.port=0", "admin.http.port=0", "admin.grpc.port=0"));
        all.addAll(List.of(settings));
        return role("mesh,function,admin", "", "gRPC", all);
    }

    /** The same in role admin; the port is that of its REST side. */
    ServerProcess admin(String javaOptions, String... settings) throws IOException {
        return role("admin", javaOptions, "Admin", List.of(settings));
    }

    private ServerProcess role(String role, String javaOptions, String door, List<String> settings) throws IOException {
        List<String> command =
                new ArrayList<>(List.of(System.getProperty("eventmesh.start", "bin/start.sh"), "--role=" + role));
        List<String> all = new ArrayList<>(
                List.of("data=" + directory.resolve("data-" + started), "meta.zookeeper.embedded-port=0"));
        all.addAll(settings);
        for (String setting : all) {
            command.add("--set");
            command.add(setting);
        }
        return ServerProcess.start(
                command,
                Map.of("EVENTMESH_JAVA_OPTS", javaOptions),
                Pattern.compile("^" + door + ":\\s+(?:http://)?(?<host>[^:\\s]+):(?<port>\\d+)"),
                log(role));
    }

    Path directory() {
        return directory;
    }

    private Path log(String name) {
        return directory.resolve(name + "-" + started++ + ".log");
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
