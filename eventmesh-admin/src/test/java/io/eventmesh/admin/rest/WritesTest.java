package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Preconditions, keys, plans and records: what all writes have in common. Every test writes resources of its own. */
class WritesTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String TYPE = "application/json";

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
    }

    private final String name = "n" + UUID.randomUUID();
    private final String path = "/api/v1/rules/" + name;

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException notJson) {
            throw new IllegalStateException(answer.body(), notJson);
        }
    }

    private static void refused(HttpResponse<String> answer, int status, String problem) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(json(answer).get("name").asText()).isEqualTo(problem);
    }

    private String rule(String pattern) {
        return """
                {"metadata": {"name": "%s"}, "spec": {"patterns": ["%s"],
                 "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "names"}}]}}""".formatted(name, pattern);
    }

    private HttpResponse<String> put(String body, String... headers) {
        return admin.http("PUT", path, body, with(headers));
    }

    private static String[] with(String... headers) {
        String[] all = new String[headers.length + 2];
        System.arraycopy(headers, 0, all, 0, headers.length);
        all[headers.length] = "Content-Type";
        all[headers.length + 1] = TYPE;
        return all;
    }

    private List<JsonNode> records(String resource) {
        JsonNode page = json(admin.http("GET", "/api/v1/audit?resource=" + resource, ""));
        return List.copyOf(JSON.convertValue(
                page.get("items"), JSON.getTypeFactory().constructCollectionType(List.class, JsonNode.class)));
    }

    @Test
    void nobodyOverwritesWhatHeHasNotRead() {
        assertThat(put(rule("a")).statusCode()).isEqualTo(201);

        assertThat(put(rule("a")).statusCode()).as("the same changes nothing").isEqualTo(200);
        refused(put(rule("b")), 428, "PRECONDITION_REQUIRED");
        refused(admin.http("DELETE", path, ""), 428, "PRECONDITION_REQUIRED");
        refused(put(rule("b"), "If-Match", "\"7\""), 412, "PRECONDITION_FAILED");
        HttpResponse<String> stored = put(rule("b"), "If-Match", "\"1\"");
        assertThat(stored.headers().firstValue("ETag")).contains("\"2\"");
        assertThat(put(rule("c"), "If-Match", "*").statusCode()).isEqualTo(200);
        assertThat(admin.http("DELETE", path, "", "If-Match", "\"3\"").statusCode())
                .isEqualTo(204);
    }

    @Test
    void whateverIsThereMustBeThere() {
        refused(put(rule("a"), "If-Match", "*"), 412, "PRECONDITION_FAILED");
        refused(admin.http("GET", path, ""), 404, "NOT_FOUND");
    }

    @Test
    void whatTheCallerHasIsNotSentAgain() {
        put(rule("a"));

        String tag = admin.http("GET", path, "").headers().firstValue("ETag").orElseThrow();
        HttpResponse<String> same = admin.http("GET", path, "", "If-None-Match", tag);
        assertThat(same.statusCode()).isEqualTo(304);
        assertThat(same.body()).isEmpty();
        assertThat(admin.http("GET", path, "", "If-None-Match", "\"2\"").statusCode())
                .isEqualTo(200);
    }

    @Test
    void aKeyIsCarriedOutOnce() {
        String key = "k" + name;
        String body = rule("a");

        HttpResponse<String> first = admin.http("POST", "/api/v1/rules", body, with("Idempotency-Key", key));
        HttpResponse<String> again = admin.http("POST", "/api/v1/rules", body, with("Idempotency-Key", key));

        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("ETag")).isEqualTo(first.headers().firstValue("ETag"));
        assertThat(again.headers().firstValue("Idempotency-Replayed")).contains("true");
        refused(
                admin.http("POST", "/api/v1/rules", rule("b"), with("Idempotency-Key", key)),
                422,
                "IDEMPOTENCY_MISMATCH");
        refused(admin.http("POST", "/api/v1/rules", body, with("Idempotency-Key", key + "2")), 409, "ALREADY_EXISTS");
        assertThat(records("rules/" + name)).hasSize(1);
    }

    @Test
    void aKeyWhoseRequestWasRefusedIsFreeAgain() {
        String key = "k" + name;
        refused(admin.http("POST", "/api/v1/rules", rule("a//b"), with("Idempotency-Key", key)), 422, "RULE_INVALID");

        assertThat(admin.http("POST", "/api/v1/rules", rule("a"), with("Idempotency-Key", key))
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void aPlanSaysWhatWouldBeDoneAndDoesNothing() {
        JsonNode create = json(admin.http("PUT", path + "?dryRun=true", rule("a")));
        refused(admin.http("GET", path, ""), 404, "NOT_FOUND");
        put(rule("a"));
        JsonNode none = json(admin.http("PUT", path + "?dryRun=true", rule("a")));
        JsonNode update = json(admin.http("PUT", path + "?dryRun=true", rule("b"), with("If-Match", "*")));
        JsonNode delete = json(admin.http("DELETE", path + "?dryRun=true", "", "If-Match", "*"));

        assertThat(create.get("action").asText()).isEqualTo("CREATE");
        assertThat(create.get("before").isNull()).isTrue();
        assertThat(none.get("action").asText()).isEqualTo("NONE");
        assertThat(update.get("action").asText()).isEqualTo("UPDATE");
        assertThat(update.at("/before/spec/patterns/0").asText()).isEqualTo("a");
        assertThat(update.at("/after/spec/patterns/0").asText()).isEqualTo("b");
        assertThat(delete.get("action").asText()).isEqualTo("DELETE");
        assertThat(json(admin.http("GET", path, "")).at("/metadata/revision").asLong())
                .isEqualTo(1);
        refused(admin.http("PUT", path + "?dryRun=maybe", rule("b")), 400, "REQUEST_INVALID");
        assertThat(records("rules/" + name)).hasSize(1);
    }

    @Test
    void everyWriteLeavesARecord() {
        put(rule("a"), "X-Request-Id", "r-" + name);
        put(rule("a"));
        put(rule("b"), "If-Match", "*");
        admin.http("DELETE", path, "", "If-Match", "*");

        List<JsonNode> records = records("rules/" + name);
        assertThat(records).hasSize(3);
        assertThat(records)
                .extracting(record -> record.get("operation").asText())
                .containsExactly("deleteRule", "putRule", "putRule");
        JsonNode first = records.get(2);
        assertThat(first.get("requestId").asText()).isEqualTo("r-" + name);
        assertThat(first.get("actor").asText()).isEqualTo("anonymous");
        assertThat(first.get("address").asText()).isEqualTo("127.0.0.1");
        assertThat(first.get("outcome").asText()).isEqualTo("DONE");
        assertThat(first.get("afterRevision").asInt()).isEqualTo(1);
        assertThat(first.has("beforeHash")).isFalse();
        assertThat(records.get(1).get("beforeHash").asText())
                .isEqualTo(first.get("afterHash").asText());
    }

    @Test
    void recordsComeInPagesNewestFirst() {
        put(rule("a"));
        put(rule("b"), "If-Match", "*");

        JsonNode first = json(admin.http("GET", "/api/v1/audit?limit=1&resource=rules/" + name, ""));
        String cursor = first.get("nextCursor").asText();
        JsonNode second =
                json(admin.http("GET", "/api/v1/audit?limit=1&resource=rules/" + name + "&cursor=" + cursor, ""));

        assertThat(first.at("/items/0/afterRevision").asInt()).isEqualTo(2);
        assertThat(second.at("/items/0/afterRevision").asInt()).isEqualTo(1);
        assertThat(second.get("nextCursor").isNull()).isTrue();
        assertThat(json(admin.http("GET", "/api/v1/audit?actor=nobody", "")).get("items"))
                .isEmpty();
        refused(admin.http("GET", "/api/v1/audit?from=yesterday", ""), 400, "REQUEST_INVALID");
        refused(admin.http("GET", "/api/v1/audit?cursor=x", ""), 400, "REQUEST_INVALID");
    }

    @Test
    void whoManagesItIsKept() {
        String managed = rule("a").replace("\"name\": \"" + name, "\"managedBy\": \"shop\", \"name\": \"" + name);

        assertThat(put(managed).statusCode()).isEqualTo(201);

        JsonNode metadata = json(admin.http("GET", path, "")).get("metadata");
        assertThat(metadata.get("managedBy").asText()).isEqualTo("shop");
        assertThat(metadata.get("labels")).isEmpty();
    }

    @Test
    void anErrorOfTheCallerIsToldWithWhatToDo() {
        JsonNode problem = json(admin.http("GET", path, "", "X-Request-Id", "trace-1"));

        assertThat(problem.get("traceId").asText()).isEqualTo("trace-1");
        assertThat(problem.get("suggestion").asText()).isNotEmpty();
    }
}
