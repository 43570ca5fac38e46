package io.eventmesh.storage.rocksdb;

import static io.eventmesh.storage.rocksdb.Fixture.FIRST;
import static io.eventmesh.storage.rocksdb.Fixture.GROUP;
import static io.eventmesh.storage.rocksdb.Fixture.ORDERS;
import static io.eventmesh.storage.rocksdb.Fixture.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.testkit.storage.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksRecoveryTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path directory;

    private Path data() {
        return directory.resolve("rocksdb");
    }

    @Test
    void termsProgressAndEpochsOutliveTheProcess() {
        DeliveryTerms terms = new DeliveryTerms(
                new RetryPolicy(7, Duration.ofMillis(3), 1.25, Duration.ofSeconds(9)),
                Duration.ofSeconds(11),
                false,
                "[{\"exact\":{\"type\":\"t\"}}]",
                new Destination("webhook", "{\"url\":\"https://example.org/\"}"));
        BitSet acked = new BitSet();
        acked.set(2);
        Progress progress = Progress.of(1, acked);
        long epoch;
        try (Fixture fixture = Fixture.open(data()).prepared()) {
            fixture.append("1", "2", "3", "4");
            RecordingListener listener = new RecordingListener();
            GroupReader reader = fixture.read(listener);
            epoch = listener.assignment(FIRST).epoch();
            await(reader.commit(FIRST, epoch, progress));
            await(fixture.storage.alterGroup(GROUP, terms));
        }

        try (Fixture fixture = Fixture.open(data())) {
            GroupInfo group = fixture.storage.group(GROUP).orElseThrow();
            assertThat(group.terms()).isEqualTo(terms);
            assertThat(group.progress()).containsEntry(FIRST, progress);
            assertThat(group.lagEvents()).isEqualTo(2);
            RecordingListener listener = fixture.readAll(2);
            assertThat(listener.ids()).containsExactly("2", "3");
            assertThat(listener.assignment(FIRST).epoch()).isGreaterThan(epoch);
        }
    }

    @Test
    void aStartIsStoredWithTheGroup() {
        try (Fixture fixture = Fixture.open(data()).prepared()) {
            fixture.append("1", "2");
            await(fixture.storage.createGroup(
                    Fixture.group("late"), Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.latest()));
        }

        try (Fixture fixture = Fixture.open(data())) {
            assertThat(fixture.storage
                            .group(Fixture.group("late"))
                            .orElseThrow()
                            .lagEvents())
                    .isZero();
            fixture.append("3");
            assertThat(fixture.storage
                            .group(Fixture.group("late"))
                            .orElseThrow()
                            .lagEvents())
                    .isEqualTo(1);
            assertThat(fixture.readAll(3).ids()).containsExactly("1", "2", "3");
        }
    }

    @Test
    void parkedEventsOutliveTheProcess() {
        Position third = new Position(FIRST, 3);
        Position fourth = new Position(FIRST, 4);
        Ticket ticket = new Ticket(third, "lane", 2, 33, 44, "because");
        try (Fixture fixture = Fixture.open(data()).prepared()) {
            await(fixture.storage.parking().park(GROUP, Long.MAX_VALUE, ticket, fixture.orders.record("parked")));
            await(fixture.storage
                    .parking()
                    .park(GROUP, Long.MAX_VALUE, new Ticket(fourth, null, 0, 0, 0, ""), fixture.orders.record("x")));
            await(fixture.storage.parking().remove(GROUP, Long.MAX_VALUE, fourth));
        }

        try (Fixture fixture = Fixture.open(data())) {
            assertThat(fixture.storage.group(GROUP).orElseThrow().parked()).isEqualTo(1);
            assertThat(await(fixture.storage.parking().tickets(GROUP))).containsExactly(ticket);
            assertThat(await(fixture.storage.parking().read(GROUP, third))
                            .event()
                            .id())
                    .isEqualTo("parked");
        }
    }

    @Test
    void deletedStreamsAndGroupsStayDeleted() {
        try (Fixture fixture = Fixture.open(data()).prepared()) {
            fixture.append("1", "2");
            await(fixture.storage.deleteStream(ORDERS));
            await(fixture.storage.deleteGroup(GROUP));
        }

        try (Fixture fixture = Fixture.open(data())) {
            assertThat(fixture.storage.streams()).isEmpty();
            assertThat(fixture.storage.groups()).isEmpty();
            fixture.prepared();
            fixture.append("3");
            assertThat(fixture.readAll(1).ids()).containsExactly("3");
        }
    }

    @Test
    void whatWasAckedIsInEveryCopyTakenWhileItRuns() throws Exception {
        ReentrantLock writing = new ReentrantLock();
        Journal pausable = (database, options, batch) -> {
            writing.lock();
            try {
                Journal.WRITE_AHEAD_LOG.write(database, options, batch);
            } finally {
                writing.unlock();
            }
        };
        ConcurrentSkipListSet<Integer> acked = new ConcurrentSkipListSet<>();
        try (Fixture fixture =
                Fixture.open(data(), RecordChecksum.CRC32C, pausable).prepared()) {
            RecordingListener listener = new RecordingListener();
            GroupReader reader = fixture.read(listener);
            int sent = 0;
            for (int image = 0; image < 20; image++) {
                int until = sent + 200;
                for (; sent < until; sent++) {
                    int number = sent;
                    fixture.storage
                            .append(
                                    ORDERS,
                                    List.of(fixture.orders.padding(2_000).record("e" + number)),
                                    0)
                            .get(0)
                            .thenAccept(position -> acked.add(number));
                }
                int mark = image * 100;
                Fixture.eventually(() -> assertThat(acked.size()).isGreaterThan(mark));
                long committed = listener.records().size() / 2;
                fixture.commit(reader, listener, committed);
                Path copy = directory.resolve("copy-" + image);
                Set<Integer> promised;
                writing.lock();
                try {
                    promised = new TreeSet<>(acked);
                    Fixture.copy(data(), copy);
                } finally {
                    writing.unlock();
                }
                if (image % 2 == 1) {
                    tear(copy);
                }
                holds(copy, promised, committed);
            }
        }
    }

    /** As if the process had died while it wrote something that nobody was told of. */
    private static void tear(Path copy) throws IOException {
        List<Path> logs = Fixture.files(copy, ".log");
        Files.write(logs.get(logs.size() - 1), new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9}, StandardOpenOption.APPEND);
    }

    private static void holds(Path copy, Set<Integer> promised, long committed) {
        try (Fixture fixture = Fixture.open(copy)) {
            GroupInfo group = fixture.storage.group(GROUP).orElseThrow();
            long watermark = fixture.watermark(GROUP);
            assertThat(watermark).isGreaterThanOrEqualTo(committed);
            RecordingListener listener = fixture.readAll(group.lagEvents());
            assertThat(listener.gaps()).isEmpty();
            List<Integer> read = new ArrayList<>();
            listener.ids().forEach(id -> read.add(Integer.valueOf(id.substring(1))));
            assertThat(read).isSorted();
            assertThat(read)
                    .containsAll(promised.stream().filter(n -> n >= watermark).toList());
        }
    }

    @Test
    void aLaterFormatIsRefusedNamingBoth() throws IOException {
        Fixture.open(data()).prepared().close();
        Files.writeString(data().resolve(Database.FORMAT_FILE), "eventmesh-rocksdb 2\n");

        assertThatThrownBy(() -> Fixture.open(data()))
                .isInstanceOf(EventMeshException.class)
                .hasMessageContaining("2")
                .hasMessageContaining("1");
        assertThat(Files.readString(data().resolve(Database.FORMAT_FILE))).contains("2");
    }

    @Test
    void aSecondOwnerIsRefused() {
        try (Fixture fixture = Fixture.open(data())) {
            assertThatThrownBy(() -> Fixture.open(data()))
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.STORAGE_OWNED));
            fixture.prepared();
        }
    }

    @Test
    void manyStreamsOpenQuickly() {
        try (Fixture fixture = Fixture.open(data()).prepared()) {
            for (int i = 0; i < 300; i++) {
                fixture.storage.createStream(
                        new io.eventmesh.common.topic.StreamName("default", "s" + i), new StreamSettings(4));
            }
            fixture.append("1");
        }

        try (Fixture fixture = Fixture.open(data())) {
            assertThat(fixture.storage.streams()).hasSize(301);
        }
    }
}
