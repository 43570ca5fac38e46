package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * A mesh with its admin in one process, a connector runtime in another, both with the hosted plugins in {@code
 * plugins/connect-…}, and a PostgreSQL that lets itself be replicated. Shared by the tests of this package; each uses
 * names of its own.
 */
final class ConnectScene implements AutoCloseable {
    private static final String KEY = "the-key-of-the-runtimes-of-this-test";
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final TestingServer zookeeper;
    private final EmbeddedPostgres postgres;
    private final Installation installation;
    private final Path directory;
    private final MeshProcess mesh;
    private final Rest admin;
    private final Rest door;
    private MeshProcess connector;

    /** Gives a test the scene, which is made for the first and closed after the last. */
    static final class Shared implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == ConnectScene.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot()
                    .getStore(ExtensionContext.Namespace.create(ConnectScene.class))
                    .getOrComputeIfAbsent(ConnectScene.class, missing -> begun(), ConnectScene.class);
        }

        private static ConnectScene begun() {
            try {
                return new ConnectScene(Files.createTempDirectory("connect"));
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    private ConnectScene(Path directory) throws Exception {
        this.directory = directory;
        zookeeper = new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, 250, -1), true);
        postgres = EmbeddedPostgres.builder()
                .setServerConfig("wal_level", "logical")
                .setServerConfig("max_wal_senders", "8")
                .setServerConfig("max_replication_slots", "8")
                .start();
        installation = new Installation(directory.resolve("installation"));
        Path hosted = Path.of(Objects.requireNonNull(
                System.getProperty("eventmesh.hosted"), "eventmesh.hosted: absent (expected: the hosted plugins)"));
        link(hosted.resolve("debezium-postgres"), "connect-debezium-postgres");
        link(hosted.resolve("debezium-jdbc"), "connect-debezium-jdbc");
        link(hosted.resolve("connect-file"), "connect-kafka-file");
        mesh = process(
                "mesh",
                "mesh,admin,function",
                "mesh.http.port=0",
                "mesh.grpc.port=0",
                "admin.http.port=0",
                "admin.grpc.port=0",
                "admin.lease=3s",
                "admin.grace=1s",
                "admin.suspect-after=1500ms");
        mesh.awaitReady();
        connector = process("connector", "connector").awaitReady();
        admin = new Rest(mesh.adminUrl());
        door = new Rest(mesh.meshUrl());
        await("the runtime has told its plugins")
                .atMost(LIMIT)
                .until(() -> admin.get("/api/v1/plugins").toString().contains("debezium-postgres"));
    }

    Path directory() {
        return directory;
    }

    Rest admin() {
        return admin;
    }

    Rest door() {
        return door;
    }

    /** Statements that are committed each by itself. */
    void sql(String... statements) throws SQLException {
        try (Connection connection = postgres.getPostgresDatabase().getConnection();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    Connection database() throws SQLException {
        return postgres.getPostgresDatabase().getConnection();
    }

    /** Follows a table by Debezium; what changes is published to a topic of the table's name. */
    void follow(String table) {
        put(table, debezium(table, postgres.getPort()));
    }

    /** The port of the database. */
    int databasePort() {
        return postgres.getPort();
    }

    /** One number that a query answers. */
    long number(String query) throws SQLException {
        try (Connection connection = database();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            assertThat(rows.next()).as("%s", query).isTrue();
            return rows.getLong(1);
        }
    }

    /** What lies in a connector's dead letter. */
    JsonNode deadLetters(String connectorName) {
        return admin.get("/api/v1/dlq/_dl%2Fdefault%2Fconnector%2F" + connectorName + "/events")
                .path("items");
    }

    /** A connector that follows a table of the database at a port. */
    static String debezium(String table, int port) {
        return debezium(table, port, "");
    }

    /** @param more further settings, each with a comma behind it */
    static String debezium(String table, int port, String more) {
        return """
                {"spec": {"plugin": "debezium-postgres", "kind": "SOURCE", "topic": "%1$s",
                  "config": {"properties": {%3$s
                    "database.hostname": "127.0.0.1", "database.port": %2$d, "database.dbname": "postgres",
                    "database.user": "postgres", "database.password": "${env:EVENTMESH_SECRET_SHOP}",
                    "topic.prefix": "%1$s", "table.include.list": "public.%1$s",
                    "plugin.name": "pgoutput", "slot.name": "%1$s", "publication.name": "%1$s",
                    "publication.autocreate.mode": "filtered", "slot.drop.on.stop": false,
                    "poll.interval.ms": 10}}}}""".formatted(table, port, more);
    }

    /** Asks for what operators may ask of a connector, such as {@code stop}. */
    void ask(String connectorName, String verb) {
        Rest.Answer answer = admin.call("POST", "/api/v1/connectors/" + connectorName + ":" + verb, "{}");
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(202);
    }

    /** Makes a connector, or changes it. */
    void put(String name, String json) {
        admin.put("/api/v1/connectors/" + name, json);
    }

    /** The mesh sends a topic's events to a hook. */
    void push(String topic, Hook hook) {
        door.put("/v1/subscriptions/hook-" + topic, """
                {"topic": "%s", "sink": "%s", "start": "earliest", "webhook": {"handshake": "skip"}}""".formatted(topic, hook.url()));
    }

    /** Waits until the connector's only task runs. */
    void awaitRunning(String connectorName) {
        awaitTask(connectorName, "RUNNING");
    }

    /** Which configuration the connector's only task last told that it has. */
    long observedGeneration(String connectorName) {
        return task(connectorName).at("/status/observedGeneration").asLong();
    }

    /** Waits until the connector's only task runs with a configuration that is newer than a given one. */
    void awaitRunningBeyond(String connectorName, long generation) {
        await(connectorName + " runs beyond generation " + generation)
                .atMost(LIMIT)
                .untilAsserted(() -> {
                    JsonNode status = task(connectorName).path("status");
                    assertThat(status.path("observedGeneration").asLong())
                            .as("%s", status)
                            .isGreaterThan(generation);
                    assertThat(status.path("state").asText()).as("%s", status).isEqualTo("RUNNING");
                });
    }

    /** Waits until the connector's only task has ended and given its place back. */
    void awaitStopped(String connectorName) {
        awaitTask(connectorName, "RELEASED");
    }

    private void awaitTask(String connectorName, String state) {
        await(connectorName + " is " + state)
                .atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(task(connectorName).at("/status/state").asText())
                                .as("%s", task(connectorName))
                                .isEqualTo(state));
    }

    /** The connector's only task. */
    JsonNode task(String connectorName) {
        for (JsonNode task : admin.get("/api/v1/tasks").path("items")) {
            if (task.at("/spec/connector").asText().equals(connectorName)) {
                return task;
            }
        }
        return MissingNode.getInstance();
    }

    /** SIGKILL for the connector runtime, and the same runtime again. */
    void killConnectorRuntime() {
        connector.kill();
        connector = process("connector", "connector").awaitReady();
    }

    @Override
    public void close() throws IOException {
        installation.close();
        postgres.close();
        zookeeper.close();
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private void link(Path hosted, String name) throws IOException {
        Path plugins = Files.createDirectories(installation.base().resolve("plugins"));
        Files.createSymbolicLink(
                plugins.resolve(name), hosted.resolve("target/plugin").toRealPath());
    }

    private MeshProcess process(String name, String roles, String... settings) {
        List<String> arguments = new ArrayList<>(List.of("--role=" + roles));
        arguments.addAll(List.of(Installation.settings(
                "data=" + directory.resolve("data").resolve(name),
                "meta.connect=" + zookeeper.getConnectString(),
                "meta.zookeeper.session-timeout=2s")));
        arguments.addAll(List.of(Installation.settings(settings)));
        return installation.run(
                name,
                Map.of("EVENTMESH_SECURITY_CLUSTER_KEY", KEY, "EVENTMESH_SECRET_SHOP", "postgres"),
                "bin/start.sh",
                arguments.toArray(String[]::new));
    }
}
