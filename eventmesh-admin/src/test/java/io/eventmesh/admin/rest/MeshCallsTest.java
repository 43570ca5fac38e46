package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.GroupPlace;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.testkit.mesh.FakeMeshAdmin;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams, subscriptions and dead letters by REST. */
@NullUnmarked // a missing field fails the test by itself
class MeshCallsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final StreamName LETTERS = new StreamName("default", "_dl/default/group/g");
    private static final String DLQ = "/api/v1/dlq/_dl%2Fdefault%2Fgroup%2Fg";
    private static final String GROUP = "/api/v1/subscriptions/g%40orders%2F%23";
    private static final SubscriptionName NAME = new SubscriptionName("default", "g", TopicPattern.of("orders/#"));

    @TempDir
    Path directory;

    private final RecordingMesh mesh = new RecordingMesh();
    private final FakeMeshAdmin fake = mesh.admin();
    private AdminProcess admin;

    @BeforeEach
    void start() {
        admin = new AdminProcess("admin-1", new MemoryMetaStore(), directory).with(FakeRules.all());
        admin.offerMesh(mesh);
        admin.start(AdminProcess.config(Duration.ofSeconds(15)));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
    }

    @AfterEach
    void stop() {
        admin.close();
    }

    private HttpResponse<String> get(String path) {
        return admin.http("GET", path, "");
    }

    private HttpResponse<String> post(String path, String body, String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        all.addAll(List.of("Content-Type", "application/json"));
        return admin.http("POST", path, body, all.toArray(String[]::new));
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException notJson) {
            throw new IllegalStateException(answer.body(), notJson);
        }
    }

    private static JsonNode ok(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        return json(answer);
    }

    private static void refused(HttpResponse<String> answer, int status, String name) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(json(answer).get("name").asText()).isEqualTo(name);
    }

    private static StoredRecord record(StreamName stream, long offset, Event event) {
        return new StoredRecord(
                new Position(new StreamPartition(stream, 0), offset),
                new EventRecord(TopicName.of("orders/new"), "k", 5_000, 0, null, null, null, 0, event));
    }

    private static Event event(String id) {
        return Event.builder()
                .id(id)
                .source("/s")
                .type("t")
                .dataContentType("application/json")
                .text("{\"n\":1}")
                .build();
    }

    private static SubscriptionStatus status(SubscriptionName name, long lag) {
        DeliveryTerms terms = DeliveryTerms.DEFAULT
                .withFilter("[{\"exact\":{\"type\":\"t\"}}]")
                .withDestination(new Destination("webhook", "{\"url\":\"https://example.org\",\"token\":\"hush\"}"));
        return new SubscriptionStatus(
                name,
                SubscriptionStatus.State.ACTIVE,
                terms,
                2,
                lag,
                1,
                0,
                List.of(new Gap(new StreamPartition(ORDERS, 0), 1, 3, 2, Gap.Why.CUT_OFF)),
                "busy");
    }

    private void subscription() {
        fake.put(new SubscriptionDetail(
                status(NAME, 5),
                false,
                1_000,
                2_500,
                List.of(new GroupPlace(new StreamPartition(ORDERS, 0), 4, 1, 10))));
        mesh.answerSubscriptions(List.of(status(NAME, 5)));
    }

    // streams

    @Test
    void aStreamIsMadeShownPurgedAndDeleted() {
        String made = "{\"metadata\":{\"name\":\"orders\"},\"spec\":{\"partitions\":3}}";
        assertThat(ok(post("/api/v1/streams", made), 201).at("/spec/partitions").asInt())
                .isEqualTo(3);
        ok(post("/api/v1/streams", made), 200);
        refused(
                post("/api/v1/streams", "{\"metadata\":{\"name\":\"orders\"},\"spec\":{\"partitions\":4}}"),
                409,
                "ALREADY_EXISTS");
        refused(
                post("/api/v1/streams", "{\"metadata\":{\"name\":\"x\"},\"spec\":{\"partitions\":\"many\"}}"),
                400,
                "REQUEST_INVALID");
        refused(post("/api/v1/streams", "{\"metadata\":{\"name\":\"a//b\"}}"), 400, "REQUEST_INVALID");

        fake.put(ORDERS, List.of(record(ORDERS, 0, event("1"))));
        JsonNode stream = ok(get("/api/v1/streams/orders"), 200);
        assertThat(stream.at("/status/events").asInt()).isOne();
        assertThat(stream.at("/status/partitions/0/end").asInt()).isOne();

        refused(post("/api/v1/streams/orders:purge", "{\"confirm\":\"order\"}"), 400, "REQUEST_INVALID");
        assertThat(ok(post("/api/v1/streams/orders:purge", "{\"confirm\":\"orders\"}"), 200)
                        .get("removed")
                        .asInt())
                .isOne();
        refused(admin.http("DELETE", "/api/v1/streams/orders", ""), 400, "REQUEST_INVALID");
        assertThat(admin.http("DELETE", "/api/v1/streams/orders?confirm=orders", "")
                        .statusCode())
                .isEqualTo(204);
        refused(admin.http("DELETE", "/api/v1/streams/orders?confirm=orders", ""), 404, "TOPIC_NOT_FOUND");
        refused(get("/api/v1/streams/orders"), 404, "TOPIC_NOT_FOUND");
        assertThat(json(get("/api/v1/audit")).get("items").findValuesAsText("operation"))
                .contains("createStream", "purgeStream", "deleteStream");
    }

    @Test
    void streamsComeInPages() {
        List<StreamStatus> streams = new ArrayList<>();
        for (String name : List.of("c", "a", "b")) {
            streams.add(new StreamStatus(new StreamName("default", name), 1, 0, 0, Durability.MEMORY));
        }
        mesh.answerStreams(streams);

        JsonNode first = ok(get("/api/v1/streams?limit=2"), 200);
        JsonNode second = ok(
                get("/api/v1/streams?limit=2&cursor=" + first.get("nextCursor").asText()), 200);

        assertThat(first.get("items").findValuesAsText("name")).containsExactly("a", "b");
        assertThat(second.get("items").findValuesAsText("name")).containsExactly("c");
        assertThat(second.get("nextCursor").isNull()).isTrue();
        assertThat(first.has("unavailable")).isFalse();
    }

    @Test
    void eventsOfAStreamAreShown() {
        fake.put(ORDERS, List.of(record(ORDERS, 0, event("1")), record(ORDERS, 1, event("2"))));

        JsonNode first = ok(get("/api/v1/streams/orders/events?limit=1"), 200);
        JsonNode second = ok(
                get("/api/v1/streams/orders/events?limit=1&cursor="
                        + first.get("nextCursor").asText()),
                200);

        assertThat(first.at("/items/0/event/id").asText()).isEqualTo("1");
        assertThat(first.at("/items/0/event/data/n").asInt()).isOne();
        assertThat(first.at("/items/0/key").asText()).isEqualTo("k");
        assertThat(first.at("/items/0/appendTime").asText()).isEqualTo("1970-01-01T00:00:05Z");
        assertThat(second.at("/items/0/offset").asInt()).isOne();
        assertThat(second.get("nextCursor").isNull()).isTrue();
        refused(get("/api/v1/streams/orders/events?partition=x"), 400, "REQUEST_INVALID");
        refused(get("/api/v1/streams/none/events"), 404, "TOPIC_NOT_FOUND");
    }

    // subscriptions

    @Test
    void aSubscriptionSaysHowFarItIs() {
        subscription();

        JsonNode listed = ok(get("/api/v1/subscriptions"), 200).at("/items/0");
        HttpResponse<String> answer = get(GROUP);
        JsonNode one = ok(answer, 200);

        assertThat(listed.at("/status/lagSeconds").asDouble()).isEqualTo(2.5);
        assertThat(listed.at("/metadata/name").asText()).isEqualTo("g@orders/#");
        assertThat(one.at("/status/lagEvents").asInt()).isEqualTo(5);
        assertThat(one.at("/status/oldest").asText()).isEqualTo("1970-01-01T00:00:01Z");
        assertThat(one.at("/status/progress/0/watermark").asInt()).isEqualTo(4);
        assertThat(one.at("/status/gaps/0/why").asText()).isEqualTo("CUT_OFF");
        assertThat(one.at("/spec/filter/0/exact/type").asText()).isEqualTo("t");
        assertThat(one.at("/spec/destination/kind").asText()).isEqualTo("webhook");
        assertThat(answer.body()).doesNotContain("hush");
        String tag = answer.headers().firstValue("ETag").orElseThrow();
        assertThat(admin.http("GET", GROUP, "", "If-None-Match", tag).statusCode())
                .isEqualTo(304);
        refused(get("/api/v1/subscriptions/none%40a"), 404, "NOT_FOUND");
        refused(get("/api/v1/subscriptions/none"), 400, "REQUEST_INVALID");
    }

    @Test
    void aSubscriptionIsPausedAndResumed() {
        subscription();
        String before = get(GROUP).headers().firstValue("ETag").orElseThrow();

        HttpResponse<String> paused = post(GROUP + ":pause", "{}", "If-Match", before);

        assertThat(ok(paused, 200).at("/status/state").asText()).isEqualTo("PAUSED");
        assertThat(paused.headers().firstValue("ETag")).isNotEqualTo(java.util.Optional.of(before));
        refused(post(GROUP + ":resume", "{}", "If-Match", before), 412, "PRECONDITION_FAILED");
        assertThat(ok(post(GROUP + ":resume", "{}"), 200).at("/status/paused").asBoolean())
                .isFalse();
        assertThat(fake.asked()).containsExactly("pause " + NAME, "resume " + NAME);
        refused(post("/api/v1/subscriptions/none%40a:pause", "{}"), 404, "NOT_FOUND");
    }

    @Test
    void aSubscriptionGoesOnFromElsewhere() {
        subscription();

        JsonNode tried = ok(post(GROUP + ":seek?dryRun=true", "{\"to\":\"latest\"}"), 200);
        refused(post(GROUP + ":seek", "{\"to\":\"latest\"}"), 428, "PRECONDITION_REQUIRED");
        JsonNode moved = ok(post(GROUP + ":seek", "{\"to\":\"earliest\"}", "If-Match", "*"), 200);

        assertThat(tried.get("lagEvents").asInt()).isZero();
        assertThat(tried.at("/before/0/watermark").asInt()).isEqualTo(4);
        assertThat(moved.get("lagEvents").asInt()).isEqualTo(10);
        ok(post(GROUP + ":seek", "{\"to\":{\"time\":\"2030-01-01T00:00:00Z\"}}", "If-Match", "*"), 200);
        ok(
                post(GROUP + ":seek", "{\"to\":{\"stream\":\"orders\",\"partition\":0,\"offset\":7}}", "If-Match", "*"),
                200);
        assertThat(fake.asked()).hasSize(4).first().asString().startsWith("try seek");
        for (String wrong :
                List.of("{}", "{\"to\":\"here\"}", "{\"to\":{\"time\":\"noon\"}}", "{\"to\":{\"stream\":1}}")) {
            refused(post(GROUP + ":seek", wrong, "If-Match", "*"), 400, "REQUEST_INVALID");
        }
    }

    @Test
    void aSubscriptionIsDeleted() {
        subscription();

        refused(admin.http("DELETE", GROUP, ""), 428, "PRECONDITION_REQUIRED");
        assertThat(admin.http("DELETE", GROUP, "", "If-Match", "*").statusCode())
                .isEqualTo(204);
        refused(admin.http("DELETE", GROUP, "", "If-Match", "*"), 404, "NOT_FOUND");
    }

    // dead letters

    private void letters(int count) {
        List<StoredRecord> letters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            letters.add(record(
                    LETTERS,
                    i,
                    event("e" + i)
                            .with(Map.of(
                                    "dlcode",
                                    i % 2 == 0 ? "RULE_INVALID" : "EVENT_INVALID",
                                    "dlstage",
                                    "deliver",
                                    "dlattempts",
                                    "5",
                                    "dlmsg",
                                    "no good"))));
        }
        fake.put(LETTERS, letters);
    }

    @Test
    void deadLettersAreListedAndShown() {
        letters(3);

        JsonNode topic = ok(get("/api/v1/dlq"), 200).at("/items/0");
        JsonNode page = ok(get(DLQ + "/events?limit=2"), 200);
        JsonNode one = ok(get(DLQ + "/events/0-1"), 200);

        assertThat(topic.get("topic").asText()).isEqualTo(LETTERS.name());
        assertThat(topic.at("/owner/kind").asText()).isEqualTo("group");
        assertThat(topic.at("/owner/name").asText()).isEqualTo("g");
        assertThat(topic.at("/codes/RULE_INVALID").asInt()).isEqualTo(3);
        assertThat(page.get("items")).hasSize(2);
        assertThat(page.get("nextCursor").isNull()).isFalse();
        assertThat(ok(get(DLQ + "/events?code=EVENT_INVALID"), 200).get("items"))
                .hasSize(1);
        assertThat(one.get("code").asText()).isEqualTo("EVENT_INVALID");
        assertThat(one.get("attempts").asInt()).isEqualTo(5);
        assertThat(one.get("message").asText()).isEqualTo("no good");
        assertThat(one.at("/event/id").asText()).isEqualTo("e1");
        assertThat(one.get("event").has("dlcode")).isFalse();
        refused(get(DLQ + "/events/0-9"), 404, "NOT_FOUND");
        refused(get(DLQ + "/events/x-9"), 400, "REQUEST_INVALID");
        refused(get(DLQ + "/events?after=noon"), 400, "REQUEST_INVALID");
        refused(get(DLQ + "/events?filter=%7B%7D"), 400, "REQUEST_INVALID");
        refused(get("/api/v1/dlq/_dl%2Fdefault%2Fgroup%2Fnone/events"), 404, "TOPIC_NOT_FOUND");
    }

    @Test
    void aDryRunSaysWhatARedriveWouldTake() {
        letters(3);

        JsonNode plan = ok(post(DLQ + ":redrive?dryRun=true", "{\"code\":\"RULE_INVALID\"}"), 200);
        JsonNode discard = ok(post(DLQ + ":discard?dryRun=true", "{}"), 200);

        assertThat(plan.get("matches").asInt()).isEqualTo(2);
        assertThat(plan.get("counted").asBoolean()).isTrue();
        assertThat(plan.get("first")).hasSize(2);
        assertThat(discard.get("matches").asInt()).isEqualTo(3);
        assertThat(fake.asked()).isEmpty();
        assertThat(json(get("/api/v1/operations")).get("items")).isEmpty();
    }

    @Test
    void aRedriveIsAnOperationWithProgress() {
        letters(3);
        fake.skip(List.of(new DeadLetterDesk.Skipped(new DeadLetterDesk.Place(0, 2), "no way")));

        HttpResponse<String> accepted =
                post(DLQ + ":redrive", "{\"to\":\"repair\",\"rate\":1000}", "Idempotency-Key", "key-1");
        HttpResponse<String> again =
                post(DLQ + ":redrive", "{\"to\":\"repair\",\"rate\":1000}", "Idempotency-Key", "key-1");

        String id = ok(accepted, 202).get("id").asText();
        assertThat(accepted.headers().firstValue("Location")).contains("/api/v1/operations/" + id);
        assertThat(json(again).get("id").asText()).isEqualTo(id);
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(json(get("/api/v1/operations/" + id))
                                .get("state")
                                .asText())
                        .isEqualTo("SUCCEEDED"));
        JsonNode ended = json(get("/api/v1/operations/" + id));
        assertThat(ended.at("/progress/done").asInt()).isEqualTo(2);
        assertThat(ended.at("/progress/skipped").asInt()).isOne();
        assertThat(ended.at("/result/skipped/0/reason").asText()).isEqualTo("no way");
        assertThat(fake.asked()).singleElement().asString().endsWith("[e0, e1, e2] to repair");
        assertThat(json(get("/api/v1/audit")).get("items").findValuesAsText("operation"))
                .containsOnlyOnce("redriveDeadLetters");
    }

    @Test
    void aRedriveTakesNoMoreThanItsLimit() {
        letters(10);

        String id = ok(post(DLQ + ":redrive", "{\"limit\":4}"), 202).get("id").asText();

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(json(get("/api/v1/operations/" + id))
                                .get("state")
                                .asText())
                        .isEqualTo("SUCCEEDED"));
        assertThat(json(get("/api/v1/operations/" + id)).at("/progress/done").asInt())
                .isEqualTo(4);
    }

    @Test
    void aDiscardWantsTheTopicOnceMore() {
        letters(2);

        refused(post(DLQ + ":discard", "{}"), 400, "REQUEST_INVALID");
        refused(post(DLQ + ":discard", "{\"confirm\":\"yes\"}"), 400, "REQUEST_INVALID");
        assertThat(fake.asked()).isEmpty();
        String id = ok(post(DLQ + ":discard", "{\"confirm\":\"" + LETTERS.name() + "\"}"), 202)
                .get("id")
                .asText();

        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(json(get("/api/v1/operations/" + id))
                                .get("state")
                                .asText())
                        .isEqualTo("SUCCEEDED"));
        assertThat(fake.asked()).singleElement().asString().startsWith("DISCARD");
    }

    @Test
    void aRedriveThatSaysNothingSensibleIsRefused() {
        letters(1);

        for (String wrong : List.of(
                "{\"filtr\":[]}",
                "{\"filter\":{}}",
                "{\"rate\":0}",
                "{\"limit\":0}",
                "{\"positions\":[]}",
                "{\"positions\":[{\"partition\":\"a\"}]}",
                "{\"to\":7}",
                "{\"before\":\"noon\"}")) {
            refused(post(DLQ + ":redrive", wrong), 400, "REQUEST_INVALID");
        }
        refused(post("/api/v1/dlq/_dl%2Fdefault%2Fgroup%2Fnone:redrive", "{}"), 404, "TOPIC_NOT_FOUND");
        assertThat(json(get("/api/v1/operations")).get("items")).isEmpty();
    }
}
