package io.eventmesh.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Webhooks that were subscribed by the published SDK. */
class WebhookInteropIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String OK = "{\"retCode\":1}";

    @TempDir
    static Path directory;

    private static MeshForSdk mesh;
    private static SdkProcess sdk;
    private static int port;

    private final List<HookServer> servers = new ArrayList<>();

    @BeforeAll
    static void start() {
        // shorter than the SDK's 10 s before its first heartbeat: who is gone is gone soon
        mesh = MeshForSdk.start(directory.resolve("mesh"), "mesh.grpc.session-expiry=5s");
        sdk = SdkProcess.start(directory);
        port = mesh.grpcPort();
        sdk.producer("p", port);
    }

    @AfterAll
    static void stop() {
        sdk.close();
        mesh.close();
    }

    @AfterEach
    void close() {
        servers.forEach(HookServer::close);
    }

    private HookServer serving(HookServer server) {
        servers.add(server);
        return server;
    }

    @Test
    void anEventIsPostedAsTheSdkExpectsIt() {
        HookServer hook = serving(HookServer.content());
        sdk.consumer("posted", port, "posted");

        JsonNode answer = sdk.subscribeWebhook("posted", "CLUSTERING", hook.url(), "posted");
        sdk.publish("p", "posted", "a b&c=ü");

        assertThat(answer.path("code").asText()).isEqualTo("0");
        assertThat(answer.path("message").asText()).isEqualTo("success subscribe success");
        assertThat(hook.awaitContents(1)).containsExactly("a b&c=ü");
        HookServer.Post post = hook.posts().get(0);
        assertThat(post.headers())
                .containsEntry("code", "105")
                .containsEntry("language", "JAVA")
                .containsEntry("protocoltype", "eventmeshmessage");
        assertThat(post.form())
                .containsEntry("topic", "posted")
                .containsEntry("bizseqno", "9876543210")
                .containsEntry("uniqueId", "0123456789");
        assertThat(post.form().get("extFields")).contains("\"producergroup\":\"producers\"");
        assertThat(post.toString()).doesNotContain("canary");
    }

    @Test
    void whatIsAnsweredRetryComesAgain() {
        HookServer[] self = new HookServer[1];
        HookServer hook = serving(new HookServer(post -> self[0].posts().size() < 3 ? "{\"retCode\":2}" : OK));
        self[0] = hook;
        sdk.consumer("retried", port, "retried");
        sdk.subscribeWebhook("retried", "CLUSTERING", hook.url(), "retried");

        sdk.publish("p", "retried", "once more");

        assertThat(hook.awaitContents(3)).containsExactly("once more", "once more", "once more");
        awaitDone("retried");
        assertThat(hook.posts()).hasSize(3);
    }

    @Test
    void whatIsAnsweredFailComesNeverAgainAndIsKeptAsADeadLetter() {
        HookServer hook = serving(new HookServer(post -> post.content().equals("bad") ? "{\"retCode\":3}" : OK));
        sdk.consumer("failed", port, "failed");
        sdk.subscribeWebhook("failed", "CLUSTERING", hook.url(), "failed");

        sdk.publish("p", "failed", "bad");
        sdk.publish("p", "failed", "good");

        hook.awaitContents(2);
        awaitDone("failed");
        assertThat(hook.contents()).containsExactlyInAnyOrder("bad", "good");
        assertThat(mesh.admin().get("/api/v1/streams").toString()).contains("_dl/default/group/failed");
    }

    /** Waits until nothing of the group is under way. */
    private static void awaitDone(String group) {
        await().atMost(SOON).until(() -> {
            JsonNode items = mesh.admin().get("/api/v1/subscriptions").path("items");
            for (JsonNode item : items) {
                JsonNode status = item.path("status");
                if (item.path("spec").path("group").asText().equals(group)
                        && (status.path("inFlight").asInt() > 0
                                || status.path("lagEvents").asInt() > 0
                                || status.path("parked").asInt() > 0)) {
                    return false;
                }
            }
            return true;
        });
    }

    @Test
    void ofSeveralUrlsOneGetsAnEventInClusteringAndEachInBroadcasting() {
        HookServer one = serving(HookServer.content());
        HookServer two = serving(HookServer.content());
        for (HookServer hook : List.of(one, two)) {
            String name = "urls-" + servers.indexOf(hook);
            sdk.consumer(name, port, "urls");
            sdk.subscribeWebhook(name, "CLUSTERING", hook.url(), "urls/one");
            sdk.subscribeWebhook(name, "BROADCASTING", hook.url(), "urls/all");
        }

        for (int i = 0; i < 20; i++) {
            sdk.publish("p", "urls/one", "one-" + i);
            sdk.publish("p", "urls/all", "all-" + i);
        }

        await().atMost(SOON).until(() -> one.posts().size() + two.posts().size() == 60);
        for (HookServer hook : List.of(one, two)) {
            assertThat(hook.contents())
                    .containsAll(
                            IntStream.range(0, 20).mapToObj(i -> "all-" + i).toList())
                    .anyMatch(each -> each.startsWith("one-"));
        }
    }

    @Test
    void whatIsUnsubscribedIsPostedNoMore() {
        HookServer hook = serving(HookServer.content());
        sdk.consumer("gone", port, "gone");
        sdk.subscribeWebhook("gone", "CLUSTERING", hook.url(), "gone", "kept");

        JsonNode answer = sdk.command("unsubscribe", "gone")
                .with("topics", List.of("gone"))
                .with("url", hook.url())
                .send();
        sdk.publish("p", "gone", "unwanted");
        sdk.publish("p", "kept", "wanted");

        assertThat(answer.path("code").asText()).isEqualTo("0");
        assertThat(hook.awaitContents(1)).containsExactly("wanted");
        mesh.awaitMembers("gone", "gone", 0);
    }

    @Test
    void aProcessThatIsGoneLosesItsWebhooksAndTheOthersKeepTheirs() {
        HookServer hook = serving(HookServer.content());
        HookServer other = serving(HookServer.content());
        sdk.consumer("expires", port, "expires-other");
        sdk.subscribeWebhook("expires", "CLUSTERING", other.url(), "expires");
        try (SdkProcess dying = SdkProcess.start(directory)) {
            dying.consumer("c", port, "expires");
            dying.subscribeWebhook("c", "CLUSTERING", hook.url(), "expires");
            sdk.publish("p", "expires", "heard");
            hook.awaitContents(1);
        }

        mesh.awaitMembers("expires", "expires", 0);
        // the one that lives has sent its heartbeat 10 s after it subscribed, was told that it is too late, and came
        // back
        await().atMost(SOON).until(() -> {
            sdk.publish("p", "expires", "unheard");
            return other.contents().contains("unheard");
        });
        assertThat(hook.contents()).containsExactly("heard");
    }

    @Test
    void whatIsNoUrlIsRefusedWithItsReason() {
        sdk.consumer("bad-url", port, "bad-url");

        JsonNode answer = sdk.subscribeWebhook("bad-url", "CLUSTERING", "ftp://example.com", "bad-url");

        assertThat(answer.path("code").asText()).isEqualTo("7");
        assertThat(answer.path("message").asText()).contains("url").contains("http://");
    }
}
