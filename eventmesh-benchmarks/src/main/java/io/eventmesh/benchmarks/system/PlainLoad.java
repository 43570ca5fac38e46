package io.eventmesh.benchmarks.system;

import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Publishes by a Kafka producer: so many outstanding, each answer followed by the next event on the producer's own thread, or
 * at a fixed rate from the generator's loop, answers timed from the moment at which an event was due.
 */
final class PlainLoad implements Load {
    /** More than are ever on their way. */
    private static final int REMEMBERED = 1 << 18;

    private static final long STEP_NANOS = 500_000;

    private final Producer<byte[], byte[]> producer;
    private final String topic;
    private final SampleEvent sample;
    private final AtomicLongArray madeAt = new AtomicLongArray(REMEMBERED);
    private final AtomicLong made = new AtomicLong();
    private final AtomicLong outstanding = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final Latencies latencies = new Latencies();
    private final EventLoopGroup loop;
    private final Setting setting;
    private long start;
    private @Nullable Future<?> pace;
    private volatile boolean stopped;

    PlainLoad(
            EventLoopGroup loop, Producer<byte[], byte[]> producer, String topic, SampleEvent sample, Setting setting) {
        this.loop = loop;
        this.producer = producer;
        this.topic = topic;
        this.sample = sample;
        this.setting = setting;
    }

    void begin() {
        start = System.nanoTime();
        if (setting.perSecond() > 0) {
            double nanosEach = 1e9 / setting.perSecond();
            pace = loop.next().scheduleAtFixedRate(() -> catchUp(nanosEach), 0, STEP_NANOS, TimeUnit.NANOSECONDS);
        } else {
            for (int i = 0; i < setting.outstanding(); i++) {
                send(System.nanoTime(), true);
            }
        }
    }

    private void catchUp(double nanosEach) {
        long due = (long) ((System.nanoTime() - start) / nanosEach);
        for (long number = made.get(); number < due; number++) {
            send(start + (long) (number * nanosEach), false);
        }
    }

    private void send(long since, boolean follow) {
        long number = made.getAndIncrement();
        madeAt.set((int) (number % REMEMBERED), System.nanoTime());
        outstanding.incrementAndGet();
        producer.send(new ProducerRecord<>(topic, sample.numbered(number)), (stored, failure) -> {
            if (failure == null) {
                answered.incrementAndGet();
                latencies.add(System.nanoTime() - since);
            } else {
                failed.incrementAndGet();
            }
            if (follow && !stopped) {
                send(System.nanoTime(), true);
            }
            outstanding.decrementAndGet();
        });
    }

    /** Nanoseconds since the event was made. */
    long age(long number) {
        return System.nanoTime() - madeAt.get((int) (number % REMEMBERED));
    }

    @Override
    public long answered() {
        return answered.get();
    }

    @Override
    public long failed() {
        return failed.get();
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }

    @Override
    public void stop() throws InterruptedException {
        stopped = true;
        Future<?> paced = pace;
        if (paced != null) {
            paced.cancel(false);
            paced.await();
        }
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (outstanding.get() > 0) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("events without an answer: " + outstanding.get());
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
