package io.eventmesh.tests.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.checker.EventId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Copies of a working mesh's disk, as a power failure would leave it: every event that was acked before is there. */
class DiskImageIT {
    private static final int IMAGES = Integer.getInteger("eventmesh.chaos.images", 3);
    private static final int IMAGES_OF_A_DISK = 10;
    private static final int RATE = 1_000;
    private static final int SIZE = 100;
    private static final int MEBIBYTES = 512;

    @TempDir
    Path directory;

    private long checked;

    @Test
    @Timeout(value = 60, unit = TimeUnit.MINUTES)
    void everyAckedEventIsInACopyOfTheDisk() throws Exception {
        for (int done = 0; done < IMAGES; done += IMAGES_OF_A_DISK) {
            round(done, Math.min(IMAGES_OF_A_DISK, IMAGES - done));
        }

        System.out.printf("images=%d checked=%d lost=0%n", IMAGES, checked);
    }

    private void round(int first, int images) throws Exception {
        Path own = Files.createDirectories(directory.resolve("disk-" + first));
        try (LoopDisk disk = LoopDisk.make(own.resolve("disk.img"), MEBIBYTES, own.resolve("mnt"));
                Scene scene = scene(own.resolve("mesh"), disk);
                EventMesh client = scene.client();
                Flood flood = new Flood("p" + first, client, RATE, SIZE)) {
            flood.start();
            for (int i = 0; i < images; i++) {
                int before = flood.stored();
                await("events are stored")
                        .atMost(Duration.ofSeconds(60))
                        .until(() -> flood.stored() >= before + RATE / 2);
                Path copy = own.resolve("copy.img");
                Set<Long> acked = copy(scene, disk, flood, copy);
                check(copy, own.resolve("copy-" + i), acked);
                Files.delete(copy);
                checked += acked.size();
            }
            flood.stop();
        }
    }

    private static Scene scene(Path installation, LoopDisk disk) throws Exception {
        return new Scene(
                installation, "storage.type=rocksdb", "data=" + disk.directory().resolve("data"));
    }

    /** Stops the mesh in the middle of whatever it does, for as long as the copy takes. */
    private static Set<Long> copy(Scene scene, LoopDisk disk, Flood flood, Path copy) throws Exception {
        String mesh = Long.toString(scene.mesh().pid());
        LoopDisk.run("kill", "-STOP", mesh);
        try {
            Set<Long> acked = flood.storedSeqs();
            disk.copyTo(copy);
            return acked;
        } finally {
            LoopDisk.run("kill", "-CONT", mesh);
        }
    }

    /** Starts another mesh on the copy and has a new group read it from the beginning. */
    private static void check(Path copy, Path own, Set<Long> acked) throws Exception {
        Set<Long> found = ConcurrentHashMap.newKeySet();
        try (LoopDisk disk = LoopDisk.mount(copy, own.resolve("mnt"));
                Scene scene = scene(own.resolve("mesh"), disk);
                EventMesh client = scene.client()) {
            client.subscribe(Route.ORDERS.pattern(), "auditors")
                    .from(Start.earliest())
                    .ack(Ack.AUTO)
                    .unordered()
                    .handle(
                            Event.class,
                            (event, delivery) -> found.add(
                                    EventId.parse(event.id()).orElseThrow().seq()))
                    .ready()
                    .get(60, TimeUnit.SECONDS);
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                Set<Long> lost = new TreeSet<>(acked);
                lost.removeAll(found);
                assertThat(lost).as("acked and not in the copy").isEmpty();
            });
        }
    }
}
