package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Kafka's own file sink, hosted without Kafka. */
@ExtendWith(ConnectScene.Shared.class)
@Timeout(180)
class HostedSinkIT {
    @Test
    void whatIsPublishedStandsInTheFileAlsoWhenTheSinkWasStoppedMeanwhile(ConnectScene scene) throws Exception {
        Path file = scene.directory().resolve("notes.txt");

        scene.put("notes", sink(file));
        publish(scene, 0, 20);
        awaitLines(file, 20);
        scene.ask("notes", "stop");
        scene.awaitStopped("notes");
        publish(scene, 20, 30);
        scene.ask("notes", "resume");
        awaitLines(file, 30);

        assertThat(Files.readAllLines(file))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 30).mapToObj(HostedSinkIT::note).toList());
        scene.ask("notes", "stop");
    }

    private static void publish(ConnectScene scene, int from, int to) {
        for (int i = from; i < to; i++) {
            var answer = scene.door().call("POST", "/v1/topics/notes/events", note(i));
            assertThat(answer.status()).as("%s", answer.body()).isLessThan(300);
        }
    }

    private static String note(int number) {
        return "{\"note\":%d}".formatted(number);
    }

    private static String sink(Path file) {
        return """
                {"spec": {"plugin": "kafka-file", "kind": "SINK", "topic": "notes",
                  "config": {"properties": {"file": "%s"}, "values": {"form": "text"}}}}""".formatted(file);
    }

    private static void awaitLines(Path file, int count) {
        await(count + " lines")
                .atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(Files.exists(file) ? Files.readAllLines(file) : List.of())
                        .hasSizeGreaterThanOrEqualTo(count));
    }
}
