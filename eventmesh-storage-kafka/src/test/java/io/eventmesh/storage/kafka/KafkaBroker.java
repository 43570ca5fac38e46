package io.eventmesh.storage.kafka;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;
import org.jspecify.annotations.Nullable;

/** A Kafka broker and controller in one, in this process, on ports that were free. */
final class KafkaBroker {
    private static final int NODE = 1;
    private static final String RUN =
            "test-" + Long.toHexString(Uuid.randomUuid().getMostSignificantBits()) + "-";
    private static final AtomicInteger PREFIXES = new AtomicInteger();

    /** One for all tests that only need some broker; ends with the process. */
    private static final class Shared {
        private static final CompletableFuture<KafkaBroker> BROKER = starting();
    }

    /** One for all tests that stop their broker, one after another. */
    private static final class Restless {
        private static final CompletableFuture<KafkaBroker> BROKER = starting();
    }

    private final Path directory;
    private final int port;
    private final int controllerPort;
    private volatile @Nullable KafkaRaftServer server;

    private KafkaBroker(Path directory, int port, int controllerPort) {
        this.directory = directory;
        this.port = port;
        this.controllerPort = controllerPort;
    }

    static KafkaBroker shared() {
        return Shared.BROKER.join();
    }

    /** Serves now, and may be stopped. */
    static KafkaBroker restless() {
        KafkaBroker broker = Restless.BROKER.join();
        if (broker.server == null) {
            broker.serve();
        }
        return broker;
    }

    /**
     * On a thread of its own, since Kafka ends the whole process when the thread that starts a broker is interrupted, as a
     * test is that takes too long. A port may be taken between its choice and its use; then others are tried, once.
     */
    private static CompletableFuture<KafkaBroker> starting() {
        CompletableFuture<KafkaBroker> started =
                CompletableFuture.supplyAsync(KafkaBroker::made).exceptionally(portTaken -> made());
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> started.thenAccept(KafkaBroker::end), "kafka-broker-end"));
        return started;
    }

    private static KafkaBroker made() {
        try {
            Path directory = Files.createTempDirectory("kafka-broker");
            KafkaBroker broker = new KafkaBroker(directory, freePort(), freePort());
            broker.format();
            broker.serve();
            return broker;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String bootstrap() {
        return "127.0.0.1:" + port;
    }

    /** Brokers for whoever needs no other: those that the system property {@code kafka.bootstrap} names, or the shared one. */
    static String anyBootstrap() {
        String named = System.getProperty("kafka.bootstrap", "");
        return named.isEmpty() ? shared().bootstrap() : named;
    }

    /** A prefix that no other test has. */
    static String prefix() {
        return RUN + PREFIXES.incrementAndGet();
    }

    Admin admin() {
        return Admin.create(new HashMap<>(Map.of("bootstrap.servers", bootstrap())));
    }

    /** Serves what it had; returns when it does. */
    void serve() {
        KafkaRaftServer next = new KafkaRaftServer(KafkaConfig.fromProps(settings()), Time.SYSTEM);
        CompletableFuture.runAsync(next::startup).join();
        server = next;
    }

    /** Stops serving; what it has is kept. */
    void stop() {
        KafkaRaftServer running = server;
        server = null;
        if (running != null) {
            CompletableFuture.runAsync(() -> {
                        running.shutdown();
                        running.awaitShutdown();
                    })
                    .join();
        }
    }

    private void end() {
        stop();
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void format() {
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(NODE)
                    .setDirectories(List.of(directory.toString()))
                    .setMetadataLogDirectory(directory.toString())
                    .setControllerListenerName("CONTROLLER")
                    .run();
        } catch (RuntimeException refused) {
            throw refused;
        } catch (Exception refused) {
            throw new IllegalStateException("directory not formatted", refused);
        }
    }

    private Properties settings() {
        Properties settings = new Properties();
        settings.putAll(Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                Integer.toString(NODE),
                "listeners",
                "BROKER://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d".formatted(port, controllerPort),
                "advertised.listeners",
                "BROKER://127.0.0.1:" + port,
                "listener.security.protocol.map",
                "BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name",
                "BROKER",
                "controller.listener.names",
                "CONTROLLER",
                "controller.quorum.voters",
                NODE + "@127.0.0.1:" + controllerPort,
                "log.dirs",
                directory.toString()));
        settings.putAll(Map.of(
                "offsets.topic.replication.factor", "1",
                "offsets.topic.num.partitions", "1",
                "transaction.state.log.replication.factor", "1",
                "transaction.state.log.min.isr", "1",
                "transaction.state.log.num.partitions", "1",
                "share.coordinator.state.topic.replication.factor", "1",
                "share.coordinator.state.topic.min.isr", "1"));
        settings.putAll(Map.of(
                "group.initial.rebalance.delay.ms", "0",
                "group.min.session.timeout.ms", "500",
                "auto.create.topics.enable", "false",
                "num.network.threads", "1",
                "num.io.threads", "2",
                "background.threads", "2",
                "log.cleaner.dedupe.buffer.size", "2097152",
                "num.recovery.threads.per.data.dir", "1"));
        return settings;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
