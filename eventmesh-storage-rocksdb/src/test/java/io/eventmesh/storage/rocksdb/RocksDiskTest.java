package io.eventmesh.storage.rocksdb;

import static io.eventmesh.storage.rocksdb.Fixture.FIRST;
import static io.eventmesh.storage.rocksdb.Fixture.GROUP;
import static io.eventmesh.storage.rocksdb.Fixture.await;
import static io.eventmesh.storage.rocksdb.Fixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksDiskTest {
    private static final long MIN_FREE = 1_000;
    private static final Ticket TICKET = new Ticket(new Position(FIRST, 0), null, 1, 0, 0, "");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private final AtomicLong free = new AtomicLong(MIN_FREE);
    private final ManualTime clock = new ManualTime();

    private Fixture open() {
        return new Fixture(
                new RocksStorage(
                        TightStorage.config(1 << 20, 1 << 20, Duration.ZERO, MIN_FREE),
                        clock,
                        directory,
                        RecordChecksum.CRC32C,
                        Journal.WRITE_AHEAD_LOG,
                        free::get),
                clock);
    }

    @Test
    void aFullDiskRefusesPublishersAndServesTheRestUntilThereIsRoomAgain() {
        try (Fixture fixture = open().prepared()) {
            fixture.append("1", "2");
            await(fixture.storage.parking().park(GROUP, Long.MAX_VALUE, TICKET, fixture.orders.record("1")));
            free.set(MIN_FREE - 1);
            clock.advance(Duration.ofSeconds(1));
            eventually(() -> assertThat(fixture.storage.health().state()).isEqualTo(Health.State.DEGRADED));

            refused(() -> fixture.append("3"));
            refused(() ->
                    await(fixture.storage.parking().park(GROUP, Long.MAX_VALUE, TICKET, fixture.orders.record("3"))));
            RecordingListener listener = new RecordingListener();
            GroupReader reader = fixture.read(listener);
            eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
            fixture.commit(reader, listener, 2);
            await(fixture.storage.parking().remove(GROUP, Long.MAX_VALUE, TICKET.position()));

            free.set(MIN_FREE);
            clock.advance(Duration.ofSeconds(1));
            eventually(() -> assertThat(fixture.storage.health().state()).isEqualTo(Health.State.UP));
            fixture.append("4");
            eventually(() -> assertThat(listener.ids()).containsExactly("1", "2", "4"));
        }
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(EventMeshException.class, refused -> {
            assertThat(refused.code()).isEqualTo(ErrorCode.STORAGE_FULL);
            assertThat(refused.retryAfter()).isPositive();
        });
    }

    @Test
    void aDiskThatIsFullInTheMiddleOfAWriteComesBackByItselfWithAllThatWasAcked() throws Exception {
        // the native library is unpacked beside the first data of a process: not on the small disk
        Fixture.open(directory.resolve("elsewhere")).close();
        Path disk = Files.createDirectories(directory.resolve("disk"));
        assumeTrue(run("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", disk.toString()), "needs the right to mount");
        try {
            fillAndRecover(disk);
        } finally {
            assertThat(run("umount", "-l", disk.toString())).isTrue();
        }
    }

    private static void fillAndRecover(Path disk) throws IOException {
        RocksStorage storage = new RocksStorage(
                TightStorage.config(1 << 30, 1 << 30, Duration.ZERO, 0), MeshClock.system(), disk.resolve("rocksdb"));
        try (Fixture fixture = new Fixture(storage, new ManualTime()).prepared()) {
            Path filler = disk.resolve("filler");
            Files.write(filler, new byte[30 << 20]);
            fixture.orders.padding(100_000);
            List<String> acked = new ArrayList<>();
            assertThatThrownBy(() -> {
                        for (int i = 0; i < 1_000; i++) {
                            fixture.append("e" + i);
                            acked.add("e" + i);
                        }
                    })
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refused -> assertThat(refused.code())
                                    .isIn(ErrorCode.STORAGE_UNAVAILABLE, ErrorCode.STORAGE_FULL));

            Files.delete(filler);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .ignoreExceptions()
                    .untilAsserted(() -> fixture.append("after"));
            eventually(() -> assertThat(storage.health().state()).isEqualTo(Health.State.UP));
            RecordingListener listener =
                    fixture.readAll(storage.group(GROUP).orElseThrow().lagEvents());
            assertThat(listener.gaps()).isEmpty();
            assertThat(listener.ids()).startsWith(acked.toArray(String[]::new)).contains("after");
        }
    }

    private static boolean run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    }

    @Test
    void theDiskIsLookedAtNowAndThen() {
        AtomicLong looks = new AtomicLong();
        DiskRoom room = new DiskRoom(
                () -> {
                    looks.incrementAndGet();
                    return 5;
                },
                10,
                clock);

        room.refresh();
        room.refresh();
        clock.advance(Duration.ofSeconds(1));
        room.refresh();

        assertThat(looks).hasValue(2);
        assertThat(room.isScarce()).isTrue();
    }
}
