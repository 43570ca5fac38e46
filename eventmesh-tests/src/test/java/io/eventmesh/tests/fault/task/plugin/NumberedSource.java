package io.eventmesh.tests.fault.task.plugin;

import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.event.Event;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Counts: one partition a task, the position is the last number, each event says under which right it was read. What it
 * could not say in time it does not catch up with, so that a fault is followed by no flood.
 */
final class NumberedSource implements SourceConnector {
    private static final int AT_ONCE = 100;
    private static final long IDLE_MILLIS = 20;

    private final NumberedSourceConfig config;
    private final TaskContext context;
    private final String partition;
    private final CountDownLatch closed = new CountDownLatch(1);
    private long number;
    private long since;
    private long read;

    NumberedSource(NumberedSourceConfig config, TaskContext context) {
        this.config = config;
        this.context = context;
        this.partition = context.connector() + "-" + context.ordinal();
    }

    @Override
    public void open(Map<String, byte[]> positions) {
        byte[] position = positions.get(partition);
        number = position == null ? 0 : Long.parseLong(new String(position, StandardCharsets.UTF_8));
        begin();
    }

    private void begin() {
        since = context.clock().nanoTime();
        read = 0;
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        long due = due();
        if (due == 0 && !closed.await(IDLE_MILLIS, TimeUnit.MILLISECONDS)) {
            due = due();
        }
        if (due > config.rate()) {
            begin();
            due = 1;
        }
        List<SourceRecord> records = new ArrayList<>();
        for (long i = Math.min(due, AT_ONCE); i > 0; i--) {
            records.add(next());
        }
        return records;
    }

    private long due() {
        return (context.clock().nanoTime() - since) / (TimeUnit.SECONDS.toNanos(1) / config.rate()) - read;
    }

    private SourceRecord next() {
        read++;
        number++;
        Stamp stamp = new Stamp(
                partition,
                number,
                context.fence().term(),
                context.fence().epoch(),
                context.clock().millis());
        return new SourceRecord(
                partition,
                Long.toString(number).getBytes(StandardCharsets.UTF_8),
                Event.builder()
                        .type("number")
                        .attribute("partitionkey", partition)
                        .text(stamp.encode()));
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
