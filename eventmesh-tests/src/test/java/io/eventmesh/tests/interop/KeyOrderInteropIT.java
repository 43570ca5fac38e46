package io.eventmesh.tests.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Order per key for consumers that cannot ack. */
class KeyOrderInteropIT {
    @TempDir
    Path directory;

    @Test
    void keysAreSharedByTheConsumersOfAGroupAndEachStaysInOrder() {
        try (MeshForSdk mesh = MeshForSdk.start(directory.resolve("mesh"));
                SdkProcess sdk = SdkProcess.start(directory)) {
            int port = mesh.grpcPort();
            sdk.producer("p", port);
            for (String consumer : List.of("keys-1", "keys-2")) {
                sdk.consumer(consumer, port, "keys");
                sdk.subscribe(consumer, "CLUSTERING", "keys");
            }
            mesh.awaitMembers("keys", "keys", 2);

            for (int batch = 0; batch < 20; batch++) {
                List<Map<String, Object>> items = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    String key = "abcd".substring(i % 4, i % 4 + 1);
                    items.add(Map.of(
                            "topic", "keys", "content", key + (batch * 50 + i), "props", Map.of("partitionkey", key)));
                }
                sdk.command("batch", "p").with("items", items).send();
            }

            // at the pace of the unacked tail one event of a key would come every two seconds
            await().atMost(Duration.ofSeconds(10)).until(() -> all(sdk).size() == 1000);
            List<String> one = sdk.contents("keys-1");
            List<String> two = sdk.contents("keys-2");
            for (String key : List.of("a", "b", "c", "d")) {
                List<String> ofOne =
                        one.stream().filter(each -> each.startsWith(key)).toList();
                List<String> ofTwo =
                        two.stream().filter(each -> each.startsWith(key)).toList();
                assertThat(ofOne.isEmpty() || ofTwo.isEmpty()).as("key %s", key).isTrue();
                assertThat(ofOne).isSortedAccordingTo(Comparator.comparing(KeyOrderInteropIT::number));
                assertThat(ofTwo).isSortedAccordingTo(Comparator.comparing(KeyOrderInteropIT::number));
            }
        }
    }

    private static List<String> all(SdkProcess sdk) {
        List<String> all = new ArrayList<>(sdk.contents("keys-1"));
        all.addAll(sdk.contents("keys-2"));
        return all;
    }

    private static int number(String content) {
        return Integer.parseInt(content.substring(1));
    }
}
