package io.eventmesh.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.testkit.checker.Verdict;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Subscribers are killed under load: nothing that was stored is lost, and only what they held comes again. */
class SubscriberKillIT {
    private static final int KILLS = Integer.getInteger("eventmesh.chaos.subscriber-kills", 3);
    private static final int RATE = Integer.getInteger("eventmesh.chaos.rate", 5_000);
    private static final int MEMBERS = 3;
    private static final int SIZE = 100;

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 20, unit = TimeUnit.MINUTES)
    void aKilledSubscriberLosesNothing() throws Exception {
        try (Scene scene = new Scene(directory.resolve("mesh"));
                EventMesh client = scene.client();
                Subscribers subscribers = new Subscribers(scene.address(), directory);
                Flood flood = new Flood("p", client, RATE, SIZE)) {
            for (int i = 0; i < MEMBERS; i++) {
                subscribers.add();
            }
            subscribers.awaitReady();
            flood.start();
            for (int kill = 0; kill < KILLS; kill++) {
                subscribers.add();
                subscribers.awaitReady();
                awaitStored(flood, flood.stored() + RATE / 2);
                scene.disturbed("subscriber killed", Route.WINDOW);
                subscribers.killOldest();
            }
            awaitStored(flood, flood.stored() + RATE);
            flood.stop();
            scene.awaitRest(flood, subscribers);

            Verdict verdict = scene.judge(flood, subscribers);

            System.out.printf("subscriber-kills=%d rate=%d %s%n", KILLS, RATE, verdict.summary());
            assertThat(verdict.stored()).isGreaterThan((long) RATE * KILLS / 4);
        }
    }

    private static void awaitStored(Flood flood, int count) {
        await("events are stored").atMost(Duration.ofSeconds(60)).until(() -> flood.stored() >= count);
    }
}
