package io.eventmesh.storage.memory;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.storage.RecordFixture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryStorageConcurrencyTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final int PARTITIONS = 3;
    private static final int APPENDERS = 3;
    private static final int EACH = 3_000;

    private final ExecutorService threads = Executors.newCachedThreadPool(new NamedThreads("test-appender"));

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private static SubscriptionName group(int number) {
        return new SubscriptionName("default", "group-" + number, TopicPattern.of("orders"));
    }

    /** Reads by small demands, commits what it got, and notes what must not be. */
    private static final class Reading implements GroupReader.Listener {
        private final Map<StreamPartition, Long> last = new HashMap<>();
        private final Map<StreamPartition, Long> epochs = new ConcurrentHashMap<>();
        private final Set<String> ids = ConcurrentHashMap.newKeySet();
        private final AtomicInteger seen = new AtomicInteger();
        private final AtomicInteger inside = new AtomicInteger();
        private final AtomicReference<@Nullable String> fault = new AtomicReference<>();
        private final AtomicReference<@Nullable GroupReader> reader = new AtomicReference<>();
        private final Random random;

        private Reading(long seed) {
            random = new Random(seed);
        }

        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {
            epochs.put(partition, epoch);
        }

        @Override
        public void revoked(StreamPartition partition, long epoch) {}

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            if (inside.getAndIncrement() != 0) {
                fault.compareAndSet(null, "overlapping calls");
            }
            long bytes = 0;
            for (StoredRecord stored : records) {
                long expected = last.getOrDefault(partition, -1L) + 1;
                if (stored.position().offset() != expected) {
                    fault.compareAndSet(null, stored.position() + " instead of " + expected);
                }
                last.put(partition, stored.position().offset());
                if (!ids.add(stored.record().event().id())) {
                    fault.compareAndSet(null, "twice: " + stored.position());
                }
                bytes += stored.record().size();
            }
            seen.addAndGet(records.size());
            long done = records.get(records.size() - 1).position().offset() + 1;
            GroupReader mine = requireNonNull(reader.get());
            mine.commit(partition, epoch, Progress.at(done)).whenComplete((nothing, failure) -> {
                if (failure != null) {
                    fault.compareAndSet(null, failure.toString());
                }
            });
            // what was taken and a little more or nothing, so that the demand runs dry now and then
            mine.request(partition, bytes + random.nextInt(3));
            inside.decrementAndGet();
        }

        @Override
        public void gap(Gap gap) {
            fault.compareAndSet(null, gap.toString());
        }

        @Override
        public void failed(EventMeshException cause) {
            fault.compareAndSet(null, cause.toString());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void everyGroupSeesEveryRecordOnceInPartitionOrder(long seed) throws Exception {
        // small enough that appends are refused and room has to be made all the time
        try (MemoryStorage storage = TightStorage.of(MeshClock.system(), 60_000, 1_000_000, Duration.ofMinutes(5))) {
            storage.start();
            storage.createStream(ORDERS, new StreamSettings(PARTITIONS));
            List<Reading> groups = new ArrayList<>();
            for (int number = 0; number < 3; number++) {
                storage.createGroup(group(number), Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest());
                groups.add(open(storage, number, seed + number));
            }

            List<Future<Set<Position>>> work = new ArrayList<>();
            for (int appender = 0; appender < APPENDERS; appender++) {
                int number = appender;
                work.add(threads.submit(() -> append(storage, number, new Random(seed * 31 + number))));
            }
            Set<Position> positions = ConcurrentHashMap.newKeySet();
            for (Future<Set<Position>> each : work) {
                positions.addAll(each.get());
            }

            assertThat(positions).hasSize(APPENDERS * EACH);
            for (int number = 0; number < groups.size(); number++) {
                Reading reading = groups.get(number);
                SubscriptionName name = group(number);
                Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                    assertThat(reading.fault.get()).isNull();
                    assertThat(reading.seen).hasValue(APPENDERS * EACH);
                    assertThat(storage.group(name).orElseThrow().lagEvents()).isZero();
                });
                assertThat(reading.ids).hasSize(APPENDERS * EACH);
            }
        }
    }

    private static Reading open(MemoryStorage storage, int number, long seed) {
        Reading reading = new Reading(seed);
        GroupReader reader =
                storage.openReader(group(number), reading).toCompletableFuture().join();
        reading.reader.set(reader);
        for (int index = 0; index < PARTITIONS; index++) {
            reader.request(new StreamPartition(ORDERS, index), 1_000 + seed % 7);
        }
        return reading;
    }

    /** Appends its records in batches, each again until it is taken. */
    private static Set<Position> append(MemoryStorage storage, int number, Random random) {
        RecordFixture fixture = RecordFixture.of(ORDERS, MeshClock.system());
        Set<Position> positions = new TreeSet<>(Comparator.comparing(Position::toString));
        int next = 0;
        while (next < EACH) {
            List<EventRecord> batch = new ArrayList<>();
            for (int i = random.nextInt(5); i >= 0 && next + batch.size() < EACH; i--) {
                String key = random.nextBoolean() ? null : "key-" + random.nextInt(10);
                batch.add(fixture.key(key).padding(random.nextInt(50)).record(number + "-" + (next + batch.size())));
            }
            next += batch.size();
            while (!batch.isEmpty()) {
                batch = refused(storage.append(ORDERS, batch, random.nextInt()), batch, positions);
            }
        }
        return positions;
    }

    private static List<EventRecord> refused(
            List<CompletionStage<Position>> answers, List<EventRecord> batch, Set<Position> positions) {
        List<EventRecord> again = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            EventRecord record = batch.get(i);
            answers.get(i).whenComplete((position, failure) -> {
                if (failure == null) {
                    positions.add(position);
                } else {
                    assertThat(EventMeshException.of(failure).code()).isEqualTo(ErrorCode.STORAGE_FULL);
                    again.add(record);
                }
            });
        }
        return again;
    }

    @ParameterizedTest
    @ValueSource(longs = {5, 6, 7})
    void readersThatTakeOverWhileOthersAppendLoseNothingThatIsNotCommitted(long seed) throws Exception {
        try (MemoryStorage storage =
                TightStorage.of(MeshClock.system(), 50_000_000, 1_000_000, Duration.ofMinutes(5))) {
            storage.start();
            storage.createStream(ORDERS, new StreamSettings(1));
            storage.createGroup(group(0), Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest());
            StreamPartition partition = new StreamPartition(ORDERS, 0);
            Set<String> committed = ConcurrentHashMap.newKeySet();
            AtomicReference<@Nullable String> fault = new AtomicReference<>();

            Future<Set<Position>> appending = threads.submit(() -> append(storage, 0, new Random(seed)));
            Random random = new Random(seed + 1);
            for (int round = 0; round < 200; round++) {
                TakingOver taking = new TakingOver(committed, fault);
                GroupReader reader = storage.openReader(group(0), taking)
                        .toCompletableFuture()
                        .join();
                taking.reader.set(reader);
                reader.request(partition, 1 + random.nextInt(20_000));
                if (random.nextBoolean()) {
                    reader.close();
                }
            }
            appending.get();
            TakingOver last = new TakingOver(committed, fault);
            GroupReader reader =
                    storage.openReader(group(0), last).toCompletableFuture().join();
            last.reader.set(reader);
            reader.request(partition, Long.MAX_VALUE);

            assertThat(fault.get()).isNull();
            assertThat(committed).hasSize(EACH);
            assertThat(storage.group(group(0)).orElseThrow().lagEvents()).isZero();
        }
    }

    /** Commits what it gets; what is refused as fenced must come again to whoever took over. */
    private static final class TakingOver implements GroupReader.Listener {
        private final AtomicReference<@Nullable GroupReader> reader = new AtomicReference<>();
        private final Set<String> committed;
        private final AtomicReference<@Nullable String> fault;

        private TakingOver(Set<String> committed, AtomicReference<@Nullable String> fault) {
            this.committed = committed;
            this.fault = fault;
        }

        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {}

        @Override
        public void revoked(StreamPartition partition, long epoch) {}

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            long done = records.get(records.size() - 1).position().offset() + 1;
            requireNonNull(reader.get())
                    .commit(partition, epoch, Progress.at(done))
                    .whenComplete((nothing, failure) -> {
                        if (failure == null) {
                            for (StoredRecord record : records) {
                                if (!committed.add(record.record().event().id())) {
                                    fault.compareAndSet(null, "committed twice: " + record.position());
                                }
                            }
                        } else if (EventMeshException.of(failure).code() != ErrorCode.FENCED) {
                            fault.compareAndSet(null, failure.toString());
                        }
                    });
        }

        @Override
        public void gap(Gap gap) {
            fault.compareAndSet(null, gap.toString());
        }

        @Override
        public void failed(EventMeshException cause) {
            fault.compareAndSet(null, cause.toString());
        }
    }
}
