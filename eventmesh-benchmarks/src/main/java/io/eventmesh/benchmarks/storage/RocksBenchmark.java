package io.eventmesh.benchmarks.storage;

import io.eventmesh.benchmarks.system.SampleEvent;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.storage.rocksdb.Journal;
import io.eventmesh.storage.rocksdb.RecordChecksum;
import io.eventmesh.storage.rocksdb.RocksStorage;
import io.eventmesh.storage.rocksdb.RocksStorageConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * The RocksDB storage with fsync beside a raw group-committed append of the same events, and the memory storage for
 * orientation.
 *
 * <p>For each number of publishers, rounds of raw, RocksDB, raw; a round's ratio is RocksDB's rate over the mean of its two
 * yardsticks. The first round warms up.
 *
 * <p>Arguments: seconds a phase (2), rounds (5), directory (a new one below the current one).
 */
public final class RocksBenchmark {
    private static final int[] PUBLISHERS = {16, 128};
    private static final int PAYLOAD = 1024;
    private static final double DRIFTED = 0.15;

    private final double seconds;
    private final int rounds;
    private final Path directory;
    private final PrintStream out;
    private final MeshClock clock = MeshClock.system();
    private final SampleEvent event = new SampleEvent("bench", PAYLOAD);

    private RocksBenchmark(double seconds, int rounds, Path directory, PrintStream out) {
        this.seconds = seconds;
        this.rounds = rounds;
        this.directory = directory;
        this.out = out;
    }

    public static void main(String[] arguments) throws Exception {
        double seconds = arguments.length > 0 ? Double.parseDouble(arguments[0]) : 2;
        int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 5;
        Path parent = Path.of(arguments.length > 2 ? arguments[2] : ".");
        Path directory = Files.createTempDirectory(Files.createDirectories(parent), "rocks-benchmark");
        try {
            new RocksBenchmark(seconds, rounds, directory, System.out).run();
        } finally {
            delete(directory);
        }
    }

    private void run() throws Exception {
        out.printf("| publishers | raw before | rocksdb | events a sync | raw after | ratio |%n");
        out.printf("|---|---|---|---|---|---|%n");
        for (int publishers : PUBLISHERS) {
            double[] ratios = new double[rounds];
            AtomicLong syncs = new AtomicLong();
            Journal counted = (database, options, batch) -> {
                syncs.incrementAndGet();
                Journal.WRITE_AHEAD_LOG.write(database, options, batch);
            };
            try (StorageUnderLoad rocks = new StorageUnderLoad(new RocksStorage(
                    RocksStorageConfig.defaults(),
                    clock,
                    directory.resolve("rocksdb-" + publishers),
                    RecordChecksum.CRC32C,
                    counted))) {
                storage(publishers, rocks);
                for (int round = 0; round < rounds; round++) {
                    ratios[round] = round(publishers, rocks, syncs);
                }
                out.printf("%s publishers, median ratio %.2f%n", publishers, median(ratios));
            }
            try (StorageUnderLoad memory =
                    new StorageUnderLoad(new MemoryStorage(MemoryStorageConfig.defaults(), clock))) {
                out.printf("%s publishers, memory storage %,.0f/s%n", publishers, storage(publishers, memory));
            }
        }
    }

    private double round(int publishers, StorageUnderLoad rocks, AtomicLong syncs) throws Exception {
        double before = raw(publishers);
        long syncsBefore = syncs.get();
        long deliveredBefore = rocks.delivered();
        double rate = storage(publishers, rocks);
        double perSync = (double) (rocks.delivered() - deliveredBefore) / Math.max(1, syncs.get() - syncsBefore);
        double after = raw(publishers);
        double ratio = rate / ((before + after) / 2);
        boolean drifted = Math.abs(before - after) > DRIFTED * Math.max(before, after);
        out.printf(
                "| %d | %,.0f/s | %,.0f/s | %.1f | %,.0f/s | %.2f%s |%n",
                publishers, before, rate, perSync, after, ratio, drifted ? " drifted" : "");
        return ratio;
    }

    private double raw(int publishers) throws IOException, InterruptedException {
        try (RawAppend raw = new RawAppend(directory)) {
            return new Load(publishers, seconds, clock)
                    .run((number, stored) -> raw.append(event.numbered(number), stored));
        }
    }

    private double storage(int publishers, StorageUnderLoad storage) throws InterruptedException {
        return new Load(publishers, seconds, clock)
                .run((number, stored) -> storage.append(number, event.numbered(number), stored));
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> paths = Files.walk(directory)) {
            List<Path> all = paths.sorted(Comparator.reverseOrder()).toList();
            for (Path each : all) {
                Files.delete(each);
            }
        }
    }
}
