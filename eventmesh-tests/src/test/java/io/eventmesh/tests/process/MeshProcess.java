package io.eventmesh.tests.process;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;

/** A process of the distribution, with what it printed. */
public final class MeshProcess {
    private static final Duration START_LIMIT = Duration.ofSeconds(90);
    private static final String JAVA_OPTIONS = "-Xmx256m -XX:TieredStopAtLevel=1";

    private final String name;
    private final Process process;
    private final Path out;
    private final Path err;

    private MeshProcess(String name, Process process, Path out, Path err) {
        this.name = name;
        this.process = process;
        this.out = out;
        this.err = err;
    }

    static MeshProcess start(String name, Path directory, List<String> command, Map<String, String> environment) {
        try {
            Path logs = Files.createDirectories(directory.resolve("logs"));
            Path out = Files.createTempFile(logs, name + "-", ".out");
            Path err = Files.createTempFile(logs, name + "-", ".err");
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().keySet().removeIf(key -> key.startsWith("EVENTMESH_"));
            builder.environment().put("EVENTMESH_JAVA_OPTS", JAVA_OPTIONS);
            builder.environment().putAll(environment);
            return new MeshProcess(name, Children.start(builder), out, err);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Waits for the line that says that the runtime is ready. */
    public MeshProcess awaitReady() {
        Awaitility.await(name + " is ready")
                .atMost(START_LIMIT)
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new AssertionError(
                                "%s ended with %d%n%s%n%s".formatted(name, process.exitValue(), out(), err()));
                    }
                    return out().contains("Ready in ");
                });
        return this;
    }

    /** Waits for the end and answers the exit code. */
    public int awaitExit(Duration limit) {
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return Assertions.fail("%s still runs after %s%n%s%n%s", name, limit, out(), err());
            }
            return process.exitValue();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /** What the pattern's first group took of the standard output. */
    public String printed(String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(out());
        Assertions.assertThat(matcher.find())
                .as("%s in what %s printed:%n%s", pattern, name, out())
                .isTrue();
        return matcher.group(1);
    }

    /** Where it serves events over HTTP. */
    public String meshUrl() {
        return printed("HTTP:\\s+(http://[^/\\s]+)");
    }

    /** Where its admin answers. */
    public String adminUrl() {
        return printed("Admin:\\s+(http://[^/\\s]+)");
    }

    public String out() {
        return read(out);
    }

    public String err() {
        return read(err);
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    public long pid() {
        return process.pid();
    }

    /** Processor time that it has used, user and system. */
    public double cpuMillis() {
        return process.toHandle()
                        .info()
                        .totalCpuDuration()
                        .orElseThrow(() -> new IllegalStateException(name + " is gone"))
                        .toNanos()
                / 1e6;
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill() {
        process.destroyForcibly();
        awaitExit(Duration.ofSeconds(20));
    }

    @Override
    public String toString() {
        return name;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
