package io.eventmesh.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.tests.process.Rest;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What producers and consumers by streams of the published SDK do every day. */
class InteropIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private static MeshForSdk mesh;
    private static SdkProcess sdk;
    private static int port;

    @BeforeAll
    static void start() {
        mesh = MeshForSdk.start(directory.resolve("mesh"));
        sdk = SdkProcess.start(directory);
        port = mesh.grpcPort();
        sdk.producer("p", port);
    }

    @AfterAll
    static void stop() {
        String output = mesh.output();
        sdk.close();
        mesh.close();
        assertThat(output).doesNotContain("canary-secret").doesNotContain("ERROR");
    }

    @Test
    void aMessageComesWithItsPropertiesAndWithoutCredentials() {
        sdk.consumer("whole", port, "whole");
        sdk.subscribe("whole", "CLUSTERING", "whole");
        mesh.awaitMembers("whole", "whole", 1);

        JsonNode answer = sdk.command("publish", "p")
                .with("topic", "whole")
                .with("content", "hello")
                .with("uniqueId", "111122223333")
                .with("bizSeqNo", "444455556666")
                .with("props", Map.of("region", "eu"))
                .send();

        assertThat(answer.path("code").asText()).isEqualTo("0");
        assertThat(answer.path("message").asText()).startsWith("success SendResult[topic=whole, messageId=");
        assertThat(answer.path("time").asText()).isNotEmpty();
        assertThat(sdk.awaitContents("whole", 1)).containsExactly("hello");
        JsonNode event = sdk.events("whole").get(0);
        assertThat(event.path("topic").asText()).isEqualTo("whole");
        assertThat(event.path("uniqueId").asText()).isEqualTo("111122223333");
        assertThat(event.path("bizSeqNo").asText()).isEqualTo("444455556666");
        assertThat(event.path("props").path("region").asText()).isEqualTo("eu");
        assertThat(event.toString()).doesNotContain("canary");
    }

    @Test
    void aCloudEventComesAsItWasSent() {
        sdk.cloudEventConsumer("ce", port, "ce");
        sdk.subscribe("ce", "CLUSTERING", "ce");
        mesh.awaitMembers("ce", "ce", 1);

        JsonNode answer = sdk.command("publish", "p")
                .with("kind", "cloudevent")
                .with("topic", "ce")
                .with("eventId", "id-1")
                .with("contentType", "application/octet-stream")
                .with("base64", Base64.getEncoder().encodeToString("bytes".getBytes(StandardCharsets.UTF_8)))
                .with("props", Map.of("region", "eu"))
                .send();

        assertThat(answer.path("code").asText()).isEqualTo("0");
        assertThat(sdk.awaitContents("ce", 1)).containsExactly("bytes");
        JsonNode event = sdk.events("ce").get(0);
        assertThat(event.path("eventId").asText()).isEqualTo("id-1");
        assertThat(event.path("topic").asText()).isEqualTo("ce");
        assertThat(event.path("contentType").asText()).isEqualTo("application/octet-stream");
        assertThat(event.path("props").path("region").asText()).isEqualTo("eu");
        assertThat(event.toString()).doesNotContain("canary");
    }

    @Test
    void oneKindOfProducerReachesTheOtherKindOfListener() {
        sdk.consumer("mixed-m", port, "mixed-m");
        sdk.cloudEventConsumer("mixed-ce", port, "mixed-ce");
        sdk.subscribe("mixed-m", "CLUSTERING", "mixed");
        sdk.subscribe("mixed-ce", "CLUSTERING", "mixed");
        mesh.awaitMembers("mixed-m", "mixed", 1);
        mesh.awaitMembers("mixed-ce", "mixed", 1);

        sdk.publish("p", "mixed", "a message");
        sdk.command("publish", "p")
                .with("kind", "cloudevent")
                .with("topic", "mixed")
                .with("content", "a cloud event")
                .send();

        assertThat(sdk.awaitContents("mixed-m", 2)).containsExactly("a message", "a cloud event");
        assertThat(sdk.awaitContents("mixed-ce", 2)).containsExactly("a message", "a cloud event");
    }

    @Test
    void aBatchComesWholeAndInOrder() {
        sdk.consumer("batch", port, "batch");
        sdk.subscribe("batch", "CLUSTERING", "batch/one", "batch/two");
        mesh.awaitMembers("batch", "batch/two", 1);
        List<Map<String, String>> items = IntStream.range(0, 20)
                .mapToObj(i -> Map.of("topic", i % 2 == 0 ? "batch/one" : "batch/two", "content", "m" + i))
                .toList();

        JsonNode messages = sdk.command("batch", "p").with("items", items).send();
        JsonNode events = sdk.command("batch", "p")
                .with("kind", "cloudevent")
                .with("items", items)
                .send();

        assertThat(messages.path("code").asText()).isEqualTo("0");
        assertThat(messages.path("message").asText()).isEqualTo("success batch publish success");
        assertThat(events.path("code").asText()).isEqualTo("0");
        List<String> came = sdk.awaitContents("batch", 40);
        List<String> evens = came.stream().filter(each -> number(each) % 2 == 0).toList();
        List<String> sent = IntStream.range(0, 20)
                .filter(i -> i % 2 == 0)
                .mapToObj(i -> "m" + i)
                .toList();
        List<String> twice = new ArrayList<>(sent);
        twice.addAll(sent);
        assertThat(evens).isEqualTo(twice);
        assertThat(came).hasSize(40);
    }

    private static int number(String content) {
        return Integer.parseInt(content.substring(1));
    }

    @Test
    void namesThatCloudEventsForbidsBreakNoStream() {
        sdk.consumer("names-m", port, "names-m");
        sdk.cloudEventConsumer("names-ce", port, "names-ce");
        sdk.subscribe("names-m", "CLUSTERING", "names");
        sdk.subscribe("names-ce", "CLUSTERING", "names");
        mesh.awaitMembers("names-m", "names", 1);
        mesh.awaitMembers("names-ce", "names", 1);

        JsonNode answer = sdk.command("publish", "p")
                .with("topic", "names")
                .with("content", "odd")
                .with("props", Map.of("trace_Id", "7", "type", "gold", "time", "now", "Pass_Wd", "canary-prop"))
                .send();
        sdk.publish("p", "names", "plain");

        assertThat(answer.path("code").asText()).as("%s", answer).isEqualTo("0");
        for (String consumer : List.of("names-m", "names-ce")) {
            assertThat(sdk.awaitContents(consumer, 2)).containsExactly("odd", "plain");
            JsonNode props = sdk.events(consumer).get(0).path("props");
            assertThat(props.path("traceid").asText()).isEqualTo("7");
            assertThat(props.path("type2").asText()).isEqualTo("gold");
            assertThat(props.path("time2").asText()).isEqualTo("now");
            assertThat(props.path("eventmeshnames").asText()).contains("\"traceid\":\"trace_Id\"");
            assertThat(props.toString()).doesNotContain("canary");
        }
    }

    @Test
    void aRequestIsAnsweredByAListenerOfEitherKind() {
        sdk.command("consumer", "replies-m")
                .with("port", port)
                .with("group", "replies-m")
                .with("reply", "re: ")
                .send();
        sdk.command("consumer", "replies-ce")
                .with("port", port)
                .with("group", "replies-ce")
                .with("listener", "cloudevent")
                .with("reply", "re: ")
                .send();
        sdk.subscribe("replies-m", "CLUSTERING", "ask/m");
        sdk.subscribe("replies-ce", "CLUSTERING", "ask/ce");
        mesh.awaitMembers("replies-m", "ask/m", 1);
        mesh.awaitMembers("replies-ce", "ask/ce", 1);

        JsonNode byMessage = request("message", "ask/m", "one?", 10_000);
        JsonNode byEvent = request("cloudevent", "ask/ce", "two?", 10_000);
        JsonNode crossed = request("message", "ask/ce", "three?", 10_000);

        assertThat(byMessage.path("content").asText()).isEqualTo("re: one?");
        assertThat(byMessage.path("props").path("answered").asText()).isEqualTo("yes");
        assertThat(byEvent.path("content").asText()).isEqualTo("re: two?");
        assertThat(byEvent.path("eventId").asText()).isEqualTo("reply-e1");
        assertThat(crossed.path("content").asText()).isEqualTo("re: three?");
        assertThat(byMessage.toString() + byEvent + crossed)
                .doesNotContain("canary")
                .doesNotContain("meshreplyto");
    }

    private static JsonNode request(String kind, String topic, String content, long ttl) {
        return sdk.command("request", "p")
                .with("kind", kind)
                .with("topic", topic)
                .with("content", content)
                .with("props", Map.of("ttl", Long.toString(ttl)))
                .send();
    }

    @Test
    void aRequestWithoutAReplyFailsInItsTimeAndIsNeverItsOwnReply() {
        JsonNode nothing = request("cloudevent", "nobody", "echo?", 500);

        assertThat(nothing.isNull()).as("%s", nothing).isTrue();
        assertThat(sdk.command("request", "p")
                        .with("topic", "nobody")
                        .with("content", "echo?")
                        .with("timeout", 500)
                        .send()
                        .isNull())
                .isTrue();
    }

    @Test
    void clusteringGivesEachEventToOneAndBroadcastingToAll() {
        for (String consumer : List.of("mode-1", "mode-2")) {
            sdk.consumer(consumer, port, "modes");
            sdk.subscribe(consumer, "CLUSTERING", "modes/one");
            sdk.subscribe(consumer, "BROADCASTING", "modes/all");
        }
        mesh.awaitMembers("modes", "modes/one", 2);
        mesh.awaitMembers("", "modes/all", 2);

        for (int i = 0; i < 40; i++) {
            sdk.publish("p", "modes/one", "one-" + i);
            sdk.publish("p", "modes/all", "all-" + i);
        }

        await().atMost(SOON).until(() -> all("mode-1", "mode-2").size() == 120);
        for (String consumer : List.of("mode-1", "mode-2")) {
            List<String> contents = sdk.contents(consumer);
            assertThat(contents.stream().filter(each -> each.startsWith("all-")))
                    .containsExactlyElementsOf(
                            IntStream.range(0, 40).mapToObj(i -> "all-" + i).toList());
            assertThat(contents).anyMatch(each -> each.startsWith("one-"));
        }
        assertThat(all("mode-1", "mode-2").stream().filter(each -> each.startsWith("one-")))
                .doesNotHaveDuplicates()
                .hasSize(40);
    }

    private static List<String> all(String... consumers) {
        List<String> all = new ArrayList<>();
        for (String consumer : consumers) {
            all.addAll(sdk.contents(consumer));
        }
        return all;
    }

    @Test
    void oneOfSeveralConsumersLeavesAndTheOthersGoOn() {
        sdk.consumer("stays", port, "leaving");
        sdk.consumer("leaves", port, "leaving");
        sdk.consumer("other", port, "other-group");
        for (String consumer : List.of("stays", "leaves", "other")) {
            sdk.subscribe(consumer, "CLUSTERING", "leaving");
        }
        mesh.awaitMembers("leaving", "leaving", 2);
        mesh.awaitMembers("other-group", "leaving", 1);
        publishMany("leaving", 0, 10);
        await().atMost(SOON).until(() -> all("stays", "leaves").size() == 10);

        sdk.command("close", "leaves").send();
        mesh.awaitMembers("leaving", "leaving", 1);
        publishMany("leaving", 10, 30);

        await().atMost(SOON)
                .until(() -> sdk.contents("stays")
                        .containsAll(
                                IntStream.range(10, 30).mapToObj(i -> "m" + i).toList()));
        assertThat(sdk.awaitContents("other", 30)).hasSize(30).doesNotHaveDuplicates();
        assertThat(all("stays", "leaves")).contains("m0", "m9", "m29");
    }

    private static void publishMany(String topic, int from, int to) {
        IntStream.range(from, to).forEach(i -> sdk.publish("p", topic, "m" + i));
    }

    @Test
    void whatIsUnsubscribedComesNoMoreUntilItIsSubscribedAgainOnTheSameStream() {
        sdk.consumer("again", port, "again");
        sdk.subscribe("again", "CLUSTERING", "again/a", "again/b");
        mesh.awaitMembers("again", "again/a", 1);
        mesh.awaitMembers("again", "again/b", 1);
        sdk.publish("p", "again/a", "a1");
        sdk.awaitContents("again", 1);

        JsonNode answer = sdk.command("unsubscribe", "again")
                .with("topics", List.of("again/a"))
                .send();
        assertThat(answer.path("code").asText()).isEqualTo("0");
        assertThat(answer.path("message").asText()).isEqualTo("success unsubscribe success");
        mesh.awaitMembers("again", "again/a", 0);
        sdk.publish("p", "again/a", "a2");
        sdk.publish("p", "again/b", "b1");
        assertThat(sdk.awaitContents("again", 2)).containsExactly("a1", "b1");

        sdk.subscribe("again", "CLUSTERING", "again/a");
        assertThat(sdk.awaitContents("again", 3)).containsExactly("a1", "b1", "a2");
    }

    @Test
    void neitherAListenerThatThrowsNorATopicThatIsNoneEndsTheStream() {
        sdk.command("consumer", "throws")
                .with("port", port)
                .with("group", "throws")
                .with("fails", true)
                .send();
        sdk.subscribe("throws", "CLUSTERING", "not//a/topic");
        sdk.subscribe("throws", "CLUSTERING", "throws");
        mesh.awaitMembers("throws", "throws", 1);

        sdk.publish("p", "throws", "one");
        sdk.publish("p", "throws", "two");

        assertThat(sdk.awaitContents("throws", 2)).containsExactly("one", "two");
        assertThat(sdk.publish("p", "not//a/topic", "x").path("code").asText()).isEqualTo("7");
    }

    @Test
    void whatWasPublishedOverHttpComesToListenersOfEitherKind() {
        sdk.consumer("http-m", port, "http-m");
        sdk.cloudEventConsumer("http-ce", port, "http-ce");
        sdk.subscribe("http-m", "CLUSTERING", "from/http");
        sdk.subscribe("http-ce", "CLUSTERING", "from/http");
        mesh.awaitMembers("http-m", "from/http", 1);
        mesh.awaitMembers("http-ce", "from/http", 1);

        Rest.Answer answer = mesh.http()
                .send(HttpRequest.newBuilder(URI.create(mesh.httpUrl() + "/v1/topics/from/http/events"))
                        .header("content-type", "text/plain")
                        .header("ce-specversion", "1.0")
                        .header("ce-id", "h1")
                        .header("ce-source", "/curl")
                        .header("ce-type", "t")
                        .header("ce-subject", "own")
                        .POST(BodyPublishers.ofString("not json")));

        assertThat(answer.status() / 100).as("%s", answer).isEqualTo(2);
        assertThat(sdk.awaitContents("http-m", 1)).containsExactly("not json");
        assertThat(sdk.awaitContents("http-ce", 1)).containsExactly("not json");
        assertThat(sdk.events("http-ce").get(0).path("topic").asText()).isEqualTo("from/http");
        assertThat(sdk.events("http-ce")
                        .get(0)
                        .path("props")
                        .path("meshsubject")
                        .asText())
                .isEqualTo("own");
    }
}
