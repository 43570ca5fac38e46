package io.eventmesh.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of clients of the published SDK, and of their events, when a process dies. */
class LossInteropIT {
    private static final Duration HEARTBEAT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void whatAKilledConsumerHadNotDoneComesToAnotherOne() {
        try (MeshForSdk mesh = MeshForSdk.start(directory.resolve("mesh"));
                SdkProcess sdk = SdkProcess.start(directory);
                SdkProcess dying = SdkProcess.start(directory)) {
            int port = mesh.grpcPort();
            sdk.producer("p", port);
            dying.consumer("c", port, "loss");
            dying.subscribe("c", "CLUSTERING", "loss");
            mesh.awaitMembers("loss", "loss", 1);
            List<String> sent = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                sdk.publish("p", "loss", "m" + i);
                sent.add("m" + i);
            }
            List<String> before = dying.contents("c");
            dying.kill();

            sdk.consumer("heir", port, "loss");
            sdk.subscribe("heir", "CLUSTERING", "loss");

            await().atMost(Duration.ofSeconds(30)).until(() -> {
                List<String> inherited = sdk.contents("heir");
                List<String> all = new ArrayList<>(before);
                all.addAll(inherited);
                return all.containsAll(sent) && inherited.contains("m199");
            });
            assertThat(sdk.contents("heir"))
                    .as("the tail of the last two seconds, in its order")
                    .contains("m199")
                    .isSubsetOf(sent)
                    .doesNotHaveDuplicates()
                    .isSortedAccordingTo((one, other) -> Integer.compare(sent.indexOf(one), sent.indexOf(other)));
        }
    }

    @Test
    @Timeout(180)
    void afterARestartOfTheMeshAHeartbeatBringsAWebhookBack() {
        try (MeshForSdk mesh = MeshForSdk.start(directory.resolve("mesh"));
                SdkProcess sdk = SdkProcess.start(directory);
                HookServer hook = HookServer.content()) {
            int port = mesh.grpcPort();
            sdk.producer("p", port);
            sdk.consumer("c", port, "restart");
            sdk.subscribeWebhook("c", "CLUSTERING", hook.url(), "restart");
            sdk.publish("p", "restart", "before");
            hook.awaitContents(1);

            mesh.restart();

            await().atMost(HEARTBEAT).until(() -> {
                sdk.publish("p", "restart", "after");
                return hook.contents().contains("after");
            });
            mesh.awaitMembers("restart", "restart", 1);
        }
    }
}
