package io.eventmesh.benchmarks.system;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;

/**
 * One KRaft broker, controller too, as a process of its own with Kafka's own defaults, heap and collector included; system
 * property {@code eventmesh.broker} names the file that has its class path.
 */
final class KafkaServer implements AutoCloseable {
    private static final int START_SECONDS = 60;
    private static final List<String> JAVA_OPTIONS =
            List.of("-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-Djava.awt.headless=true");
    private static final String LOGBACK = """
            <configuration>
              <appender name="out" class="ch.qos.logback.core.ConsoleAppender">
                <encoder><pattern>%d{HH:mm:ss.SSS} %-5level %logger{0} %msg%n</pattern></encoder>
              </appender>
              <root level="WARN"><appender-ref ref="out"/></root>
            </configuration>
            """;

    private final ServerProcess process;

    private KafkaServer(ServerProcess process) {
        this.process = process;
    }

    /** Formats the directory, starts the broker and waits until it answers. */
    static KafkaServer start(Path directory) throws IOException, InterruptedException {
        Files.createDirectories(directory);
        int clients = freePort();
        Path configuration = directory.resolve("server.properties");
        Files.write(configuration, settings(directory, clients, freePort()));
        Files.writeString(directory.resolve("logback.xml"), LOGBACK);
        Process format = java(
                directory,
                "kafka.tools.StorageTool",
                "format",
                "--config",
                configuration.toString(),
                "--cluster-id",
                "benchmark-of-kafka-raw");
        if (!format.waitFor(START_SECONDS, TimeUnit.SECONDS) || format.exitValue() != 0) {
            format.destroyForcibly();
            throw new IOException("the broker's directory was not formatted: " + log(directory));
        }
        KafkaServer server = new KafkaServer(
                ServerProcess.running(java(directory, "kafka.Kafka", configuration.toString()), "127.0.0.1", clients));
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, server.bootstrap()))) {
            admin.describeCluster().nodes().get(START_SECONDS, TimeUnit.SECONDS);
            return server;
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException silent) {
            server.close();
            throw new IOException("the broker does not answer: " + log(directory), silent);
        }
    }

    private static Process java(Path directory, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JAVA_OPTIONS);
        command.add("-Dlogback.configurationFile=" + directory.resolve("logback.xml"));
        command.add("-cp");
        command.add(Files.readString(
                        Path.of(System.getProperty("eventmesh.broker", "eventmesh-tests/broker/target/class-path")))
                .strip());
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("broker.log").toFile()))
                .start();
    }

    private static List<String> settings(Path directory, int clients, int controller) {
        return List.of(
                "process.roles=broker,controller",
                "node.id=1",
                "listeners=CLIENTS://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d".formatted(clients, controller),
                "advertised.listeners=CLIENTS://127.0.0.1:" + clients,
                "listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT",
                "inter.broker.listener.name=CLIENTS",
                "controller.listener.names=CONTROLLER",
                "controller.quorum.voters=1@127.0.0.1:" + controller,
                "offsets.topic.replication.factor=1",
                // fifty files more for each of them only delay the first of their users
                "offsets.topic.num.partitions=5",
                "transaction.state.log.num.partitions=5",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "auto.create.topics.enable=false",
                "group.initial.rebalance.delay.ms=0",
                "log.dirs=" + directory.resolve("data"));
    }

    private static String log(Path directory) throws IOException {
        return Files.readString(directory.resolve("broker.log"));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** Where clients find it, {@code host:port}. */
    String bootstrap() {
        return process.host() + ":" + process.port();
    }

    ServerProcess process() {
        return process;
    }

    @Override
    public void close() {
        process.close();
    }
}
