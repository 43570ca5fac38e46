package io.eventmesh.tests.process;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.server.ZooKeeperServerMain;
import org.jspecify.annotations.Nullable;

/** A ZooKeeper server as a child process, which keeps its address and its data over restarts. Used by one thread. */
public final class ZooKeeperProcess implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final String SERVES = "binding to port";

    private final Path directory;
    private final List<String> prefix;
    private final String host;
    private final int port;
    private @Nullable Process process;
    private @Nullable Path out;
    private int starts;

    /** On a free loopback port. */
    public ZooKeeperProcess(Path directory) {
        this(directory, "127.0.0.1", new FreePorts().next(), List.of());
    }

    /** @param prefix what the command line begins with */
    public ZooKeeperProcess(Path directory, String host, int port, List<String> prefix) {
        this.directory = directory;
        this.host = host;
        this.port = port;
        this.prefix = List.copyOf(prefix);
    }

    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    /** {@code host:port}. */
    public String address() {
        return host + ":" + port;
    }

    /** Starts it and waits until it serves. */
    public ZooKeeperProcess start() {
        try {
            Files.createDirectories(directory);
            Path configuration = directory.resolve("zoo.cfg");
            Files.write(
                    configuration,
                    List.of(
                            "tickTime=500",
                            "dataDir=" + directory.resolve("data"),
                            "clientPort=" + port,
                            "clientPortAddress=" + host,
                            "admin.enableServer=false",
                            "maxClientCnxns=0"));
            List<String> command = new ArrayList<>(prefix);
            command.addAll(List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Dlogback.configurationFile=" + logback(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    ZooKeeperServerMain.class.getName(),
                    configuration.toString()));
            Path printed = directory.resolve("zookeeper-" + ++starts + ".log");
            out = printed;
            Process started = Children.start(
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(printed.toFile()));
            process = started;
            await("ZooKeeper serves").atMost(START_LIMIT).until(() -> {
                if (!started.isAlive()) {
                    throw new AssertionError("ZooKeeper ended\n" + Files.readString(printed));
                }
                return Files.readString(printed).contains(SERVES);
            });
            return this;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Path logback() throws IOException {
        return Files.writeString(directory.resolve("logback.xml"), """
                <configuration>
                  <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                    <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n</pattern></encoder>
                  </appender>
                  <root level="INFO"><appender-ref ref="out"/></root>
                </configuration>
                """);
    }

    /** SIGKILL; returns when it is gone. */
    public void kill() {
        Process running = process;
        if (running == null) {
            return;
        }
        running.destroyForcibly();
        try {
            if (!running.waitFor(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("ZooKeeper does not die");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(interrupted);
        }
    }

    /** The end of what it printed in its last life. */
    public String log() throws IOException {
        String all = out == null ? "" : Files.readString(out);
        return all.substring(Math.max(0, all.length() - 4_000));
    }

    @Override
    public void close() {
        kill();
    }
}
