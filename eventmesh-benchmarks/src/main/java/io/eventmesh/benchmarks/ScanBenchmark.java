package io.eventmesh.benchmarks;

import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.benchmarks.system.SampleEvent;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.spi.event.Event;
import java.util.concurrent.TimeUnit;
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

/** The scan of an event's bytes, beside protobuf's parser as the yardstick. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ScanBenchmark {
    @Param({"100", "1024", "65536"})
    public int payload;

    private byte[] bytes = {};

    @Setup
    public void event() {
        bytes = new SampleEvent("orders/eu", payload).numbered(1);
    }

    @Benchmark
    public Event scan() {
        return Event.scan(bytes);
    }

    @Benchmark
    public Event scanAndCheck() {
        return Event.scan(bytes).requirePublishable();
    }

    @Benchmark
    public CloudEvent parseFrom() throws InvalidProtocolBufferException {
        return CloudEvent.parseFrom(bytes);
    }
}
