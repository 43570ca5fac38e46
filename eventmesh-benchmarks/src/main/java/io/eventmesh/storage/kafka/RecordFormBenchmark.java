package io.eventmesh.storage.kafka;

import io.eventmesh.benchmarks.system.SampleEvent;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.TimestampType;
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
import org.openjdk.jmh.annotations.Warmup;

/** What the two forms of a Kafka record cost, without a broker: made from an event, and the event made of it again. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RecordFormBenchmark {
    @Param({"100", "1024", "65536"})
    public int payload;

    @Param({"BINARY", "STRUCTURED"})
    public RecordFormat format = RecordFormat.BINARY;

    private final StreamEntry stream =
            new StreamEntry(new StreamName("default", "orders"), 1, "orders", Uuid.ZERO_UUID);

    @SuppressWarnings("NullAway.Init")
    private EventRecord record;

    @SuppressWarnings("NullAway.Init")
    private ConsumerRecord<byte[], byte[]> stored;

    @Setup
    public void event() {
        Event event = Event.scan(new SampleEvent("orders/eu", payload).numbered(1));
        record = new EventRecord(TopicName.of("orders/eu"), "key", 1, 0, null, "somebody", null, 0, event);
        ProducerRecord<byte[], byte[]> written = write();
        stored = new ConsumerRecord<>(
                "orders",
                0,
                0,
                1,
                TimestampType.CREATE_TIME,
                0,
                0,
                written.key(),
                written.value(),
                written.headers(),
                Optional.empty());
    }

    @Benchmark
    public ProducerRecord<byte[], byte[]> write() {
        return RecordForm.write(stream, 0, record, format);
    }

    @Benchmark
    public EventRecord read() {
        return RecordReader.read("orders", stored);
    }
}
