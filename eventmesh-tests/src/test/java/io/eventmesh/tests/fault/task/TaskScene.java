package io.eventmesh.tests.fault.task;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import org.apache.curator.test.InstanceSpec;
import org.apache.curator.test.TestingServer;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of one role a process: admins on a database, one mesh on disk, connector and function runtimes, and a
 * ZooKeeper. Four numbered sources publish to {@code numbers}, two storing sinks write them to {@link #stored}.
 */
final class TaskScene implements AutoCloseable {
    static final String TOPIC = "numbers";
    static final String SOURCE = "count";
    static final String SINK = "store";
    static final int SOURCES = 4;
    static final int SINKS = 2;

    private static final String KEY = "the-key-of-the-runtimes-of-this-test";

    private final Path directory;
    private final Timings timings;
    private final TestingServer zookeeper;
    private final Installation installation;
    private final @Nullable EmbeddedPostgres postgres;
    private final Part mesh;
    private final List<Part> admins = new ArrayList<>();
    private final List<Part> connectors = new ArrayList<>();
    private final List<Part> functions = new ArrayList<>();

    /**
     * Starts everything and waits until it is ready.
     *
     * @param admins several have a PostgreSQL, one has a file of its own
     */
    TaskScene(Path directory, Timings timings, int admins, int connectors, int functions) throws Exception {
        this.directory = directory;
        this.timings = timings;
        zookeeper = new TestingServer(new InstanceSpec(null, -1, -1, -1, true, -1, timings.tickMillis(), -1), true);
        postgres = admins > 1 ? EmbeddedPostgres.start() : null;
        installation = new Installation(directory.resolve("installation"));
        TaskPlugins.install(installation.base());
        Files.createDirectories(stored());
        mesh = part("mesh", "mesh.http.port=0", "mesh.grpc.port=0", "storage.type=rocksdb");
        for (int i = 1; i <= admins; i++) {
            this.admins.add(admin("admin-" + i));
        }
        for (int i = 1; i <= connectors; i++) {
            this.connectors.add(part("connector-" + i));
        }
        for (int i = 1; i <= functions; i++) {
            this.functions.add(part("function-" + i));
        }
        parts().forEach(Part::awaitReady);
    }

    private Part admin(String name) {
        List<String> settings = new ArrayList<>(List.of(
                "admin.http.port=0",
                "admin.grpc.port=0",
                "admin.lease=" + timings.lease().toMillis() + "ms",
                "admin.grace=" + timings.grace().toMillis() + "ms",
                "admin.suspect-after=" + timings.lease().toMillis() / 2 + "ms"));
        if (postgres != null) {
            settings.add("admin.database.url=" + postgres.getJdbcUrl("postgres", "postgres"));
            settings.add("admin.database.user=postgres");
        }
        return part(name, settings.toArray(String[]::new));
    }

    private Part part(String name, String... settings) {
        List<String> arguments = new ArrayList<>(List.of("--role=" + name.replaceFirst("-\\d+$", "")));
        List<String> all = new ArrayList<>(List.of(
                "data=" + directory.resolve("data").resolve(name),
                "meta.connect=" + zookeeper.getConnectString(),
                "meta.zookeeper.session-timeout=" + timings.session().toMillis() + "ms"));
        all.addAll(List.of(settings));
        for (String setting : all) {
            arguments.add("--set");
            arguments.add(setting);
        }
        return new Part(
                name,
                () -> installation.run(
                        name,
                        Map.of("EVENTMESH_SECURITY_CLUSTER_KEY", KEY),
                        "bin/start.sh",
                        arguments.toArray(String[]::new)));
    }

    /** Makes the connectors. */
    void createConnectors() {
        put("/api/v1/connectors/" + SINK, """
                {"spec": {"plugin": "storing", "kind": "SINK", "topic": "%s", "tasksMax": %d,
                          "config": {"directory": "%s"}}}""".formatted(TOPIC, SINKS, stored()));
        put("/api/v1/connectors/" + SOURCE, source("RUNNING"));
    }

    private String source(String desired) {
        return """
                {"spec": {"plugin": "numbered", "kind": "SOURCE", "topic": "%s", "tasksMax": %d, "desired": "%s",
                          "config": {"rate": %d}}}""".formatted(TOPIC, SOURCES, desired, timings.rate());
    }

    /** The sources store their positions and end. */
    void stopSources() {
        put("/api/v1/connectors/" + SOURCE, source("STOPPED"));
    }

    /** How many tasks of the connector have an owner. */
    long owned(String connector) {
        long owned = 0;
        for (JsonNode task : awaitLeader().admin().get("/api/v1/tasks").path("items")) {
            boolean counts = task.at("/spec/connector").asText().equals(connector)
                    && !task.at("/status/runtime").asText().isEmpty();
            owned += counts ? 1 : 0;
        }
        return owned;
    }

    /** The admin that leads and says so. */
    Part awaitLeader() {
        List<Part> found = new ArrayList<>();
        await("an admin leads")
                .atMost(timings.session().plus(Duration.ofSeconds(30)))
                .until(() -> {
                    admins.stream()
                            .filter(admin -> admin.process().isAlive())
                            .filter(TaskScene::leads)
                            .forEach(found::add);
                    return !found.isEmpty();
                });
        return found.get(0);
    }

    private static boolean leads(Part admin) {
        try {
            return admin.admin().call("GET", "/", null).body().path("leads").asBoolean();
        } catch (RuntimeException | AssertionError notNow) {
            return false;
        }
    }

    Part connector(String runtime) {
        return connectors.stream()
                .filter(part -> part.runtime().equals(runtime))
                .findFirst()
                .orElseThrow(() -> new NoSuchElementException("connector runtime " + runtime));
    }

    /** The only admin of a scene that has one. */
    Part onlyAdmin() {
        return admins.get(0);
    }

    /** Puts a definition to the leading admin. */
    void put(String path, String json) {
        awaitLeader().admin().put(path, json);
    }

    /** A client that needs no ZooKeeper. */
    EventMesh client() {
        return EventMesh.connect(mesh.process().printed("gRPC:\\s+(\\S+)"));
    }

    TaskDatabase database() {
        if (postgres == null) {
            throw new IllegalStateException("the only admin has its database for itself");
        }
        return new TaskDatabase(postgres.getPostgresDatabase());
    }

    Path stored() {
        return directory.resolve("stored");
    }

    TestingServer zookeeper() {
        return zookeeper;
    }

    List<Part> parts() {
        List<Part> all = new ArrayList<>(List.of(mesh));
        all.addAll(admins);
        all.addAll(connectors);
        all.addAll(functions);
        return all;
    }

    /** What each process printed last, for a failure's message. */
    Map<String, String> lastWords() {
        Map<String, String> words = new LinkedHashMap<>();
        parts().forEach(part -> words.put(part.toString(), last(part.process())));
        return words;
    }

    private static String last(MeshProcess process) {
        List<String> lines = (process.out() + process.err()).lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
    }

    @Override
    public void close() throws IOException {
        installation.close();
        if (postgres != null) {
            postgres.close();
        }
        zookeeper.close();
    }
}
