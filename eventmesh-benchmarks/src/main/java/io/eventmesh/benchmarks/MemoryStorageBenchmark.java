package io.eventmesh.benchmarks;

import io.eventmesh.benchmarks.system.SampleEvent;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One append to memory storage, read at once by each group, progress committed every 512 records. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class MemoryStorageBenchmark {
    private static final StreamName STREAM = new StreamName("default", "bench");

    @Param({"0", "1", "10", "100"})
    public int groups;

    private final MemoryStorage storage = new MemoryStorage(MemoryStorageConfig.defaults(), MeshClock.system());
    private final List<Reading> readings = new ArrayList<>();
    private @Nullable EventRecord record;

    /** A group that takes whatever comes. */
    private static final class Reading implements GroupReader.Listener {
        private @Nullable GroupReader reader;
        private long uncommitted;

        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {}

        @Override
        public void revoked(StreamPartition partition, long epoch) {}

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            GroupReader from = reader;
            if (from == null) {
                return;
            }
            StoredRecord last = records.get(records.size() - 1);
            from.request(partition, (long) records.size() * last.record().size());
            uncommitted += records.size();
            if (uncommitted >= 512) {
                uncommitted = 0;
                from.commit(partition, epoch, Progress.at(last.position().offset() + 1));
            }
        }

        @Override
        public void gap(Gap gap) {}

        @Override
        public void failed(EventMeshException cause) {
            throw cause;
        }
    }

    @Setup
    public void start() throws Exception {
        storage.start();
        storage.createStream(STREAM, new StreamSettings(1))
                .toCompletableFuture()
                .get(5, TimeUnit.SECONDS);
        for (int i = 0; i < groups; i++) {
            SubscriptionName group = new SubscriptionName("default", "g" + i, TopicPattern.of("bench/>"));
            storage.createGroup(group, Set.of(STREAM), DeliveryTerms.DEFAULT, Start.latest())
                    .toCompletableFuture()
                    .get(5, TimeUnit.SECONDS);
            Reading reading = new Reading();
            GroupReader reader =
                    storage.openReader(group, reading).toCompletableFuture().get(5, TimeUnit.SECONDS);
            reading.reader = reader;
            reader.request(new StreamPartition(STREAM, 0), 1 << 20);
            readings.add(reading);
        }
        Event event = Event.scan(new SampleEvent("bench/x", 1024).numbered(1));
        record = new EventRecord(TopicName.of("bench/x"), null, 1, 0, null, null, null, 0, event);
    }

    @TearDown
    public void stop() {
        storage.close();
    }

    @Benchmark
    public Object append() {
        EventRecord one = record;
        if (one == null) {
            throw new IllegalStateException("not set up");
        }
        return storage.append(STREAM, List.of(one), 0);
    }
}
