package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;

/** A storage with one stream and one group, and what tests do with them. */
final class Fixture implements AutoCloseable {
    static final StreamName ORDERS = new StreamName("default", "orders");
    static final StreamPartition FIRST = new StreamPartition(ORDERS, 0);
    static final SubscriptionName GROUP = group("group");
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    final ManualTime clock;
    final RocksStorage storage;
    final RecordFixture orders;

    Fixture(RocksStorage storage, ManualTime clock) {
        this.storage = storage;
        this.clock = clock;
        this.orders = RecordFixture.of(ORDERS, clock);
        storage.start();
    }

    static Fixture open(Path directory) {
        return open(directory, RecordChecksum.CRC32C, Journal.WRITE_AHEAD_LOG);
    }

    static Fixture open(Path directory, RecordChecksum checksum, Journal journal) {
        ManualTime clock = new ManualTime();
        return new Fixture(
                new RocksStorage(TightStorage.config(256 << 20), clock, directory, checksum, journal), clock);
    }

    static SubscriptionName group(String name) {
        return new SubscriptionName("default", name, TopicPattern.of("orders"));
    }

    /** The stream with one partition and the group from its beginning. */
    Fixture prepared() {
        await(storage.createStream(ORDERS, new StreamSettings(1)));
        await(storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
        return this;
    }

    List<Position> append(String... ids) {
        List<EventRecord> records = new ArrayList<>();
        for (String id : ids) {
            records.add(orders.record(id));
        }
        return storage.append(ORDERS, records, 0).stream().map(Fixture::await).toList();
    }

    /** Appends events e0, e1, … one after another, each durable before the next. */
    void appendOneByOne(int from, int to) {
        for (int i = from; i < to; i++) {
            append("e" + i);
        }
    }

    GroupReader read(RecordingListener listener) {
        GroupReader reader = await(storage.openReader(GROUP, listener));
        reader.request(FIRST, Long.MAX_VALUE);
        return reader;
    }

    /** Reads until everything was handed over or told as missed. */
    RecordingListener readAll(long events) {
        RecordingListener listener = new RecordingListener();
        GroupReader reader = read(listener);
        eventually(() -> {
            long missed = listener.gaps().stream().mapToLong(gap -> gap.count()).sum();
            if (listener.records().size() + missed != events) {
                throw new AssertionError("read %s, missed %s (expected: %s in all)"
                        .formatted(listener.records().size(), listener.gaps(), events));
            }
        });
        reader.close();
        return listener;
    }

    /** How far a group is. */
    long watermark(SubscriptionName group) {
        Progress progress =
                storage.group(group).orElseThrow().progress().getOrDefault(FIRST, Progress.at(Long.MIN_VALUE));
        return progress.watermark();
    }

    void commit(GroupReader reader, RecordingListener listener, long watermark) {
        await(reader.commit(FIRST, listener.assignment(FIRST).epoch(), Progress.at(watermark)));
    }

    @Override
    public void close() {
        storage.close();
    }

    static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException failed) {
            throw EventMeshException.of(failed);
        } catch (TimeoutException late) {
            throw new AssertionError("no answer within " + PATIENCE, late);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", interrupted);
        }
    }

    static void eventually(ThrowingRunnable assertion) {
        Awaitility.await().atMost(PATIENCE).pollInterval(Duration.ofMillis(2)).untilAsserted(assertion);
    }

    static List<Path> files(Path directory, String suffix) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
        }
    }

    static void flip(Path file, long at) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(at);
            int before = bytes.read();
            bytes.seek(at);
            bytes.write(before ^ 0x55);
        }
    }

    /** Where a text stands in a file, -1 for nowhere. */
    static long find(Path file, String text) throws IOException {
        byte[] content = Files.readAllBytes(file);
        byte[] wanted = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        for (int at = 0; at + wanted.length <= content.length; at++) {
            int same = 0;
            while (same < wanted.length && content[at + same] == wanted[same]) {
                same++;
            }
            if (same == wanted.length) {
                return at;
            }
        }
        return -1;
    }

    /** Copies a directory whose owner writes nothing at the moment, and waits for what goes on behind. */
    static void copy(Path from, Path to) throws IOException {
        List<String> before;
        do {
            if (Files.exists(to)) {
                try (Stream<Path> old = Files.list(to)) {
                    for (Path file : old.toList()) {
                        Files.delete(file);
                    }
                }
            }
            Files.createDirectories(to);
            before = listing(from);
            try (Stream<Path> all = Files.list(from)) {
                for (Path file : all.toList()) {
                    copyOne(file, to.resolve(file.getFileName()));
                }
            }
        } while (!listing(from).equals(before));
    }

    private static void copyOne(Path file, Path to) throws IOException {
        try {
            Files.copy(file, to);
        } catch (java.nio.file.NoSuchFileException gone) {
            // the listing will differ, and everything is copied again
            return;
        }
    }

    private static List<String> listing(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            List<String> names = new ArrayList<>();
            for (Path file : all.sorted().toList()) {
                names.add(file.getFileName() + " " + (Files.exists(file) ? Files.size(file) : -1));
            }
            return names;
        }
    }
}
