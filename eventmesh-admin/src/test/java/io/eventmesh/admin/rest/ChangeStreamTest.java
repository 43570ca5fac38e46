package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ChangeStreamTest {
    private static final String RULE = """
            {"metadata": {"name": "NAME"}, "spec": {"patterns": ["a"],
             "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "names"}}]}}""";

    private static final HttpClient CLIENT =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private static final ExecutorService THREADS = Executors.newCachedThreadPool(new NamedThreads("stream-reader"));

    @TempDir
    static Path directory;

    private static AdminProcess admin;

    @BeforeAll
    static void start() {
        admin = new AdminProcess("admin-1", new MemoryMetaStore(), directory)
                .with(new FakeConnectors())
                .with(FakeRules.all())
                .start(AdminProcess.config(Duration.ofSeconds(15)));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
    }

    @AfterAll
    static void stop() {
        admin.close();
        THREADS.shutdownNow();
    }

    /** A caller that reads the stream as it comes. */
    private static final class Stream implements AutoCloseable {
        private final List<String> lines = new CopyOnWriteArrayList<>();
        private final InputStream in;

        Stream(String query, String... headers) throws Exception {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create(admin.endpoint("admin.http") + "/api/v1/stream" + query));
            if (headers.length > 0) {
                request.headers(headers);
            }
            HttpResponse<InputStream> answer = CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type")).contains("text/event-stream");
            in = answer.body();
            THREADS.execute(this::read);
        }

        private void read() {
            StringBuilder line = new StringBuilder();
            try {
                for (int next = in.read(); next >= 0; next = in.read()) {
                    if (next == '\n') {
                        lines.add(line.toString());
                        line.setLength(0);
                    } else {
                        line.append((char) next);
                    }
                }
            } catch (IOException closed) {
                lines.add("closed");
            }
        }

        Stream awaits(String text) {
            await().atMost(Duration.ofSeconds(10))
                    .untilAsserted(() -> assertThat(lines).anyMatch(line -> line.contains(text)));
            return this;
        }

        String lastId() {
            return lines.stream()
                    .filter(line -> line.startsWith("id: "))
                    .reduce((first, second) -> second)
                    .orElseThrow()
                    .substring(4);
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }

    private static void put(String name) {
        assertThat(admin.http("PUT", "/api/v1/rules/" + name, RULE.replace("NAME", name))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void whatChangesAfterTheResetIsTold() throws Exception {
        try (Stream all = new Stream("");
                Stream tasks = new Stream("?watch=tasks,runtimes")) {
            all.awaits("event: reset");
            tasks.awaits("event: reset");
            put("seen");
            all.awaits("\"kind\":\"rules\",\"namespace\":\"default\",\"name\":\"seen\",\"what\":\"ADDED\"");
            admin.http("DELETE", "/api/v1/rules/seen", "", "If-Match", "*");
            all.awaits("\"what\":\"REMOVED\"");

            assertThat(tasks.lines).noneMatch(line -> line.contains("seen"));
        }
    }

    @Test
    void aCallerThatComesBackGetsWhatItMissed() throws Exception {
        try (Stream stays = new Stream("").awaits("event: reset")) {
            String id;
            try (Stream first = new Stream("").awaits("event: reset")) {
                put("before");
                first.awaits("\"before\"");
                id = first.lastId();
            }
            put("missed");
            stays.awaits("\"missed\"");

            try (Stream again = new Stream("", "Last-Event-ID", id).awaits("\"missed\"");
                    Stream foreign = new Stream("", "Last-Event-ID", "other-7").awaits("event: reset")) {
                assertThat(again.lines).noneMatch(line -> line.contains("\"before\"") || line.contains("reset"));
                assertThat(foreign.lines).noneMatch(line -> line.contains("\"missed\""));
            }
        }
    }

    @Test
    void anUnknownKindIsRefused() {
        HttpResponse<String> refused = admin.http("GET", "/api/v1/stream?watch=tasks,weather", "");

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("weather").contains("operations");
    }

    @Test
    void tooManyWatchersAreRefused() throws Exception {
        List<Stream> open = new CopyOnWriteArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                open.add(new Stream(""));
            }
            HttpResponse<String> refused = admin.http("GET", "/api/v1/stream", "");

            assertThat(refused.statusCode()).isEqualTo(429);
            assertThat(refused.body()).contains("QUOTA_EXCEEDED");
        } finally {
            for (Stream one : open) {
                one.close();
            }
        }
    }
}
