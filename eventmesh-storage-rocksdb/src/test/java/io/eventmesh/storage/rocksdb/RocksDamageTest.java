package io.eventmesh.storage.rocksdb;

import static io.eventmesh.storage.rocksdb.Fixture.FIRST;
import static io.eventmesh.storage.rocksdb.Fixture.GROUP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.testkit.storage.RecordingListener;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.Options;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;

class RocksDamageTest {
    private static final int EVENTS = 60;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path data;

    @Test
    void aRecordWhoseChecksumDiffersIsAGapOfExactlyItself() {
        AtomicBoolean damaged = new AtomicBoolean();
        RecordChecksum checksum = (bytes, from, to) ->
                RecordChecksum.CRC32C.of(bytes, from, to) ^ (damaged.get() && contains(bytes, from, to, "e3") ? 1 : 0);
        try (Fixture fixture =
                Fixture.open(data, checksum, Journal.WRITE_AHEAD_LOG).prepared()) {
            fixture.append("e0", "e1", "e2", "e3", "e4", "e5");
            damaged.set(true);

            RecordingListener listener = fixture.readAll(6);

            assertThat(listener.ids()).containsExactly("e0", "e1", "e2", "e4", "e5");
            Gap gap = new Gap(FIRST, 3, 4, 1, Gap.Why.CORRUPTION);
            assertThat(listener.gaps()).containsExactly(gap);
            assertThat(fixture.storage.group(GROUP).orElseThrow().gaps()).containsExactly(gap);
            assertThat(fixture.storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(5);
        }

        try (Fixture fixture = Fixture.open(data)) {
            assertThat(fixture.storage.group(GROUP).orElseThrow().gaps()).hasSize(1);
            assertThat(fixture.readAll(5).gaps()).isEmpty();
        }
    }

    private static boolean contains(ByteBuffer bytes, int from, int to, String id) {
        byte[] part = new byte[to - from];
        bytes.duplicate().limit(to).position(from).get(part);
        return new String(part, StandardCharsets.ISO_8859_1).contains(id);
    }

    @Test
    void aFlippedByteInAFileOfRecordsIsAGapOfExactlyItsRecord() throws IOException {
        onDisk();
        Path file = Fixture.files(data, ".blob").stream()
                .filter(each -> finds(each, "e17"))
                .findFirst()
                .orElseThrow();
        Fixture.flip(file, Fixture.find(file, "e17") + 500);

        RecordingListener listener = readEverything();

        assertThat(listener.gaps()).containsExactly(new Gap(FIRST, 17, 18, 1, Gap.Why.CORRUPTION));
        assertThat(listener.ids()).hasSize(EVENTS - 1).doesNotContain("e17").contains("e16", "e18");
    }

    private static boolean finds(Path file, String text) {
        try {
            return Fixture.find(file, text) >= 0;
        } catch (IOException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    @Test
    void aDamagedOrLostFileOfFactsOrIndexLosesNothing(@TempDir Path copies) throws IOException {
        onDisk();
        int damaged = 0;
        for (Path file : Fixture.files(data, ".sst")) {
            if (table(file).equals(Table.RECORDS.family())) {
                continue;
            }
            for (boolean lost : new boolean[] {false, true}) {
                Path copy = copies.resolve("copy-" + damaged++);
                Fixture.copy(data, copy);
                Path target = copy.resolve(file.getFileName());
                if (lost) {
                    Files.delete(target);
                } else {
                    Fixture.flip(target, Files.size(target) - 20);
                }
                try (Fixture fixture = Fixture.open(copy)) {
                    RecordingListener listener = fixture.readAll(EVENTS);
                    assertThat(listener.ids()).hasSize(EVENTS);
                    assertThat(listener.gaps()).isEmpty();
                }
            }
        }
        assertThat(damaged).isGreaterThanOrEqualTo(6);
    }

    @Test
    void aDamagedTableOfChunksIsOneGap() throws IOException {
        onDisk();
        for (Path file : Fixture.files(data, ".sst")) {
            if (table(file).equals(Table.RECORDS.family())) {
                Fixture.flip(file, Files.size(file) - 20);
            }
        }

        try (Fixture fixture = Fixture.open(data)) {
            assertThat(fixture.readAll(EVENTS).gaps())
                    .containsExactly(new Gap(FIRST, 0, EVENTS, EVENTS, Gap.Why.CORRUPTION));
            assertThat(fixture.storage.health().state()).isEqualTo(Health.State.DEGRADED);
            assertThat(fixture.storage.health().detail()).contains("orders/0").contains(".sst");
            fixture.append("after");
            assertThat(fixture.readAll(1).ids()).containsExactly("after");
        }
    }

    private static String table(Path sst) {
        try (Options options = new Options();
                SstFileReader reader = new SstFileReader(options)) {
            reader.open(sst.toString());
            return new String(reader.getTableProperties().getColumnFamilyName(), StandardCharsets.US_ASCII);
        } catch (RocksDBException unreadable) {
            throw new AssertionError(unreadable);
        }
    }

    @Test
    void aDamagedParkedEventIsTakenFromItsStreamOrIsAGap() throws IOException {
        Position there = new Position(FIRST, 0);
        Position gone = new Position(FIRST, 7);
        try (Fixture fixture = Fixture.open(data).prepared()) {
            fixture.append("e0");
            fixture.orders.padding(2_000);
            for (Position position : List.of(there, gone)) {
                Fixture.await(fixture.storage
                        .parking()
                        .park(
                                GROUP,
                                Long.MAX_VALUE,
                                new Ticket(position, null, 1, 0, 0, ""),
                                fixture.orders.record("parked")));
            }
        }
        Fixture.open(data).close();
        for (Path file : Fixture.files(data, ".blob")) {
            for (long at = Fixture.find(file, "parked") + 100; at < Files.size(file) - 50; at += 500) {
                Fixture.flip(file, at);
            }
        }

        try (Fixture fixture = Fixture.open(data)) {
            assertThat(Fixture.await(fixture.storage.parking().read(GROUP, there))
                            .event()
                            .id())
                    .isEqualTo("e0");
            assertThatThrownBy(() -> Fixture.await(fixture.storage.parking().read(GROUP, gone)))
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_FOUND));
            assertThat(fixture.storage.group(GROUP).orElseThrow().gaps())
                    .containsExactly(new Gap(FIRST, 7, 8, 1, Gap.Why.CORRUPTION));
            Fixture.eventually(
                    () -> assertThat(fixture.storage.group(GROUP).orElseThrow().parked())
                            .isEqualTo(1));
        }
    }

    @Test
    void aCutOffFileOfRecordsIsGapsAndTheRestIsDelivered() throws IOException {
        onDisk();
        Path file = Fixture.files(data, ".blob").get(0);
        long half = Files.size(file) / 2;
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.setLength(half);
        }

        goesOn();
    }

    @Test
    void aLostFileOfRecordsIsGapsAndTheRestIsDelivered() throws IOException {
        onDisk();
        Files.delete(Fixture.files(data, ".blob").get(0));

        goesOn();
    }

    @Test
    void flippedBytesInTheLogLoseNothingElse() throws IOException {
        try (Fixture fixture = Fixture.open(data).prepared()) {
            fixture.orders.padding(3_000);
            fixture.appendOneByOne(0, EVENTS);
        }
        Path log = Fixture.files(data, ".log").stream()
                .filter(each -> finds(each, "e30"))
                .findFirst()
                .orElseThrow();
        Fixture.flip(log, Fixture.find(log, "e30") + 100);

        try (Fixture fixture = Fixture.open(data)) {
            assertThat(fixture.storage.health().detail()).isNotEmpty();
            RecordingListener listener = fixture.readAll(EVENTS);
            assertThat(listener.gaps()).allSatisfy(gap -> assertThat(gap.why()).isEqualTo(Gap.Why.CORRUPTION));
            assertThat(listener.ids()).contains("e0", "e59").doesNotContain("e30");
            assertThat(listener.ids().size()).isGreaterThan(EVENTS - 25);
        }
    }

    @Test
    void whereverAByteOfRecordsIsFlippedNothingWrongIsDelivered() throws IOException {
        onDisk();
        Random random = new Random(7);
        for (int i = 0; i < 12; i++) {
            List<Path> files = Fixture.files(data, ".blob");
            Path file = files.get(random.nextInt(files.size()));
            Fixture.flip(file, random.nextLong(Files.size(file)));
        }

        RecordingListener listener = readEverything();

        assertThat(listener.ids().size()).isGreaterThanOrEqualTo(EVENTS - 12 * 15);
        listener.records()
                .forEach(record -> assertThat(record.record().event().data()).containsOnly(0));
    }

    /** Events in files of their own, not in the log any more. */
    private void onDisk() {
        try (Fixture fixture = Fixture.open(data).prepared()) {
            fixture.orders.padding(3_000);
            String[] ids = new String[EVENTS / 3];
            for (int part = 0; part < 3; part++) {
                for (int i = 0; i < ids.length; i++) {
                    ids[i] = "e" + (part * ids.length + i);
                }
                fixture.append(ids);
            }
        }
        // opening writes what the log holds into files
        Fixture.open(data).close();
    }

    private RecordingListener readEverything() {
        try (Fixture fixture = Fixture.open(data)) {
            return fixture.readAll(EVENTS);
        }
    }

    private void goesOn() {
        try (Fixture fixture = Fixture.open(data)) {
            RecordingListener listener = fixture.readAll(EVENTS);
            assertThat(listener.gaps()).isNotEmpty();
            fixture.append("after");
            Fixture.eventually(
                    () -> assertThat(fixture.storage.group(GROUP).orElseThrow().lagEvents())
                            .isPositive());
            RecordingListener again = new RecordingListener();
            fixture.read(again);
            Fixture.eventually(() -> assertThat(again.ids()).contains("after"));
        }
    }
}
