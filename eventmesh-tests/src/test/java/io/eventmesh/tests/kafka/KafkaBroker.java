package io.eventmesh.tests.kafka;

import io.eventmesh.tests.process.Children;
import io.eventmesh.tests.process.Signals;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One broker, which is a controller too, as a child process; it keeps its ports and its directory over restarts. Used by
 * one thread.
 */
public final class KafkaBroker {
    private static final Duration END_LIMIT = Duration.ofSeconds(60);
    private static final int LOG_TAIL = 8_000;
    private static final List<String> JAVA_OPTIONS =
            List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto");
    private static final String LOGBACK = """
            <configuration>
              <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n</pattern></encoder>
              </appender>
              <logger name="kafka.server.KafkaConfig" level="WARN"/>
              <logger name="org.apache.kafka.common.config" level="WARN"/>
              <root level="INFO"><appender-ref ref="out"/></root>
            </configuration>
            """;

    private final int id;
    private final Path directory;
    private final String classPath;
    private final List<String> prefix;
    private final Endpoints endpoints;
    private @Nullable Process process;
    private boolean paused;
    private int starts;

    /**
     * Where a broker is to be found.
     *
     * @param host on which it binds
     * @param controller port for the quorum
     * @param peers port for the other brokers, and for the test's own look at the cluster
     * @param clients port for everybody else
     */
    record Endpoints(String host, int controller, int peers, int clients) {}

    KafkaBroker(int id, Path directory, String classPath, List<String> prefix, Endpoints endpoints) {
        this.id = id;
        this.directory = directory;
        this.classPath = classPath;
        this.prefix = prefix;
        this.endpoints = endpoints;
    }

    /** From 1. */
    public int id() {
        return id;
    }

    /** Where it listens for clients, {@code host:port}; what it tells them may be another address. */
    public String clientAddress() {
        return endpoints.host() + ":" + endpoints.clients();
    }

    Endpoints endpoints() {
        return endpoints;
    }

    /** Writes the configuration and starts to format the directory; the answer ends when that is done. */
    Process format(Map<String, String> settings, String clusterId) throws IOException {
        Files.createDirectories(directory);
        List<String> lines = new ArrayList<>();
        settings.forEach((key, value) -> lines.add(key + "=" + value));
        lines.add("log.dirs=" + directory.resolve("data"));
        Files.write(configuration(), lines);
        Files.writeString(directory.resolve("logback.xml"), LOGBACK);
        return java(
                "format.log",
                "kafka.tools.StorageTool",
                "format",
                "--ignore-formatted",
                "--config",
                configuration().toString(),
                "--cluster-id",
                clusterId);
    }

    private Path configuration() {
        return directory.resolve("server.properties");
    }

    private Process java(String log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JAVA_OPTIONS);
        command.add("-Dlogback.configurationFile=" + directory.resolve("logback.xml"));
        command.add("-cp");
        command.add(classPath);
        command.addAll(List.of(arguments));
        File out = directory.resolve(log).toFile();
        return Children.start(new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(out)));
    }

    /** Starts it when it does not run; does not wait, see {@link KafkaCluster#awaitServing}. */
    public void start() {
        if (isAlive()) {
            return;
        }
        try {
            process = java("broker.log", "kafka.Kafka", configuration().toString());
            paused = false;
            starts++;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** How often it was started. */
    public int starts() {
        return starts;
    }

    public boolean isAlive() {
        return process != null && process.isAlive();
    }

    /** Whether it runs and is not paused. */
    boolean isServing() {
        return isAlive() && !paused;
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill() {
        if (process != null) {
            process.destroyForcibly();
            awaitEnd(process);
        }
    }

    /** SIGTERM: it gives its leaderships away and ends; returns when it is gone. */
    public void terminate() {
        Process running = running();
        running.destroy();
        awaitEnd(running);
    }

    /** SIGSTOP. */
    public void pause() {
        Signals.pause(running().pid());
        paused = true;
    }

    /** SIGCONT. */
    public void resume() {
        Signals.resume(running().pid());
        paused = false;
    }

    private Process running() {
        if (process == null || !process.isAlive()) {
            throw new IllegalStateException(this + ": does not run (expected: running)\n" + log());
        }
        return process;
    }

    private void awaitEnd(Process ending) {
        try {
            if (!ending.waitFor(END_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("%s: still runs after %s%n%s".formatted(this, END_LIMIT, log()));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /** The end of what it printed in all its lives. */
    public String log() {
        return tail("format.log") + tail("broker.log");
    }

    private String tail(String name) {
        try {
            Path file = directory.resolve(name);
            String all = Files.exists(file) ? Files.readString(file) : "";
            return all.substring(Math.max(0, all.length() - LOG_TAIL));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Override
    public String toString() {
        return "broker-" + id;
    }
}
