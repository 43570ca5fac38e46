package io.eventmesh.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an operator does with {@code bin/eventmesh}, against a mesh that runs. */
class CommandLineIT {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final AtomicInteger NEXT = new AtomicInteger();

    @TempDir
    static Path directory;

    private static Installation installation;
    private static MeshProcess mesh;
    private static Map<String, String> addresses = Map.of();
    private static Rest http;

    /** What a command ended with. */
    private record Ended(int exit, String out, String err) {
        Ended ok() {
            assertThat(exit).as("%s%n%s", out, err).isZero();
            return this;
        }

        JsonNode json() throws IOException {
            return MAPPER.readTree(ok().out());
        }
    }

    @BeforeAll
    static void start() {
        installation = new Installation(directory);
        mesh = installation.startStandalone(Map.of());
        addresses = Map.of("EVENTMESH_URL", mesh.meshUrl(), "EVENTMESH_ADMIN_URL", mesh.adminUrl());
        http = new Rest(mesh.meshUrl());
    }

    @AfterAll
    static void stop() {
        mesh.terminate();
        mesh.awaitExit(Duration.ofSeconds(25));
        installation.close();
    }

    private static Ended run(String... words) {
        MeshProcess process = installation.run("cli-" + NEXT.incrementAndGet(), addresses, "bin/eventmesh", words);
        return new Ended(process.awaitExit(Duration.ofSeconds(60)), process.out(), process.err());
    }

    @Test
    void filesBecomeConnectorsAndRulesAndComeBackAsFiles() throws IOException {
        Path files = Files.createDirectories(directory.resolve("files"));
        Path lines = Files.writeString(directory.resolve("lines.txt"), "one\ntwo\n");
        Files.writeString(files.resolve("lines.yaml"), """
                kind: Connector
                metadata:
                  name: lines
                spec:
                  plugin: file
                  kind: SOURCE
                  topic: lines
                  config:
                    path: %s
                ---
                kind: Rule
                metadata:
                  name: all-lines
                spec:
                  patterns: [lines]
                  targets:
                    - name: copy
                      kind: topic
                      spec: {topic: copies}
                """.formatted(lines));

        assertThat(run("diff", "-f", files.toString()).exit()).isEqualTo(1);
        assertThat(run("apply", "-f", files.toString(), "--dry-run").ok().out()).contains("2 to create");
        assertThat(run("apply", "-f", files.toString()).ok().out()).contains("2 created");
        assertThat(run("diff", "-f", files.toString()).ok().out()).contains("2 as they are");
        await().atMost(Duration.ofSeconds(20))
                .untilAsserted(() -> assertThat(
                                run("tasks", "list", "--connector=lines").ok().out())
                        .contains("RUNNING"));

        Files.writeString(directory.resolve("export.yaml"), run("export").ok().out());
        assertThat(run("diff", "-f", directory.resolve("export.yaml").toString())
                        .ok()
                        .out())
                .contains("2 as they are");

        Files.writeString(
                files.resolve("lines.yaml"),
                Files.readString(files.resolve("lines.yaml"))
                        .replaceAll("(?s)---.*", "")
                        .replace("topic: lines", "topic: rows"));
        assertThat(run("apply", "-f", files.toString(), "--prune").ok().out())
                .contains("spec.topic: \"lines\" → \"rows\"")
                .contains("0 created, 1 changed, 1 deleted");
        assertThat(run("rules", "list").ok().out()).doesNotContain("all-lines");

        Ended refused = run("apply", "-f", wrong().toString());
        assertThat(refused.exit()).isEqualTo(1);
        assertThat(refused.err()).contains("wrong.yaml, document 1: ").contains("pathh");

        assertThat(run("connectors", "stop", "lines", "-o", "json")
                        .json()
                        .path("ok")
                        .asBoolean())
                .isTrue();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> run("connectors", "describe", "lines", "-o", "json")
                        .json()
                        .at("/status/conditions/0/reason")
                        .asText()
                        .equals("Stopped"));
        run("connectors", "reset", "lines", "--confirm", "lines").ok();
        run("connectors", "delete", "lines").ok();
        assertThat(run("audit").ok().out()).contains("lines");
    }

    private static Path wrong() throws IOException {
        return Files.writeString(directory.resolve("wrong.yaml"), """
                kind: Connector
                metadata: {name: wrong}
                spec: {plugin: file, kind: SOURCE, topic: wrong, config: {pathh: /x}}
                """);
    }

    @Test
    void whatCannotBeMovedSaysWhyAndRuntimesCanBeCordoned() throws IOException {
        String runtime = run("runtimes", "list", "-o", "json")
                .json()
                .at("/items/0/metadata/name")
                .asText();

        run("runtimes", "cordon", runtime).ok();
        assertThat(run("runtimes", "describe", runtime).ok().out()).contains("schedulable: false");
        run("runtimes", "uncordon", runtime).ok();
        assertThat(run("tasks", "move", "no-such-task").exit()).isEqualTo(1);
    }

    @Test
    void deadLettersAreSeenRedrivenAndGone() throws IOException {
        List<String> taken = new CopyOnWriteArrayList<>();
        AtomicInteger status = new AtomicInteger(400);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            taken.add(String.valueOf(exchange.getRequestHeaders().getFirst("ce-id")));
            exchange.sendResponseHeaders(status.get(), -1);
            exchange.close();
        });
        server.start();
        try {
            http.put(
                    "/v1/subscriptions/invoices",
                    "{\"topic\":\"invoices\",\"sink\":\"http://127.0.0.1:%d/\",\"webhook\":{\"handshake\":\"skip\"}}"
                            .formatted(server.getAddress().getPort()));
            run("publish", "invoices", "{}", "--id", "poison").ok();
            String topic = "_dl/default/group/invoices";
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> run("dlq", "list").ok().out().contains(topic));

            assertThat(run("dlq", "peek", topic).ok().out()).contains("poison").contains("DELIVERY_FAILED");
            assertThat(run("dlq", "redrive", topic, "--dry-run").ok().out()).contains("would take 1 events");
            taken.clear();
            status.set(204);
            assertThat(run("dlq", "redrive", topic, "--wait").ok().out()).contains("1 done");
            await().atMost(Duration.ofSeconds(20)).until(() -> taken.contains("poison"));
            assertThat(run("dlq", "peek", topic).ok().out()).doesNotContain("poison");
            assertThat(run("operations", "list").ok().out()).contains("REDRIVE").contains("SUCCEEDED");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void aSubscriptionIsPausedMovedAndForgotten() throws IOException {
        run("subscribe", "parcels", "-g", "readers", "--wait=1s").ok();
        for (String id : List.of("p1", "p2", "p3")) {
            run("publish", "parcels", "{}", "--id", id).ok();
        }
        String id = "readers@parcels";

        assertThat(run("subscriptions", "list").ok().out()).contains(id);
        run("subscriptions", "pause", id).ok();
        assertThat(run("subscriptions", "describe", id).ok().out())
                .contains("PAUSED")
                .contains("lagEvents: 3");
        assertThat(run("subscribe", "parcels", "-g", "readers", "--wait=1s")
                        .ok()
                        .out())
                .doesNotContain("p1");
        run("subscriptions", "resume", id).ok();
        assertThat(run("subscribe", "parcels", "-g", "readers", "--count=3", "--wait=20s")
                        .ok()
                        .out())
                .contains("p1", "p2", "p3");
        assertThat(run("subscriptions", "seek", id, "--to", "earliest", "--dry-run")
                        .ok()
                        .out())
                .contains("would be 3 events behind");
        run("subscriptions", "seek", id, "--to", "earliest").ok();
        assertThat(run("subscribe", "parcels", "-g", "readers", "--count=3", "--wait=20s")
                        .ok()
                        .out())
                .contains("p1", "p2", "p3");
        run("subscriptions", "delete", id).ok();
        assertThat(run("subscriptions", "list").ok().out()).doesNotContain(id);
        assertThat(run("streams", "peek", "parcels", "--partition", "0").exit()).isZero();
        run("streams", "purge", "parcels", "--confirm", "parcels").ok();
    }
}
