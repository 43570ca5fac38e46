package io.eventmesh.runtime.connector;

import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A source that gives what the test gives it, once. */
final class QueueSource implements SourceConnectorProvider<ListSource.Config> {
    final BlockingQueue<SourceRecord> given = new LinkedBlockingQueue<>();
    final AtomicInteger opened = new AtomicInteger();
    /** Whether it cannot be opened. */
    volatile boolean failing;

    @Override
    public String name() {
        return "queue";
    }

    @Override
    public Class<ListSource.Config> configType() {
        return ListSource.Config.class;
    }

    @Override
    public ListSource.Config defaults() {
        return new ListSource.Config("hello");
    }

    @Override
    public SourceConnector create(ListSource.Config config, TaskContext context) {
        return new SourceConnector() {
            @Override
            public void open(Map<String, byte[]> positions) throws IOException {
                opened.incrementAndGet();
                if (failing) {
                    throw new IOException("away");
                }
            }

            @Override
            public List<SourceRecord> poll() throws InterruptedException {
                List<SourceRecord> records = new ArrayList<>();
                SourceRecord first = given.poll(20, TimeUnit.MILLISECONDS);
                if (first != null) {
                    records.add(first);
                    given.drainTo(records);
                }
                return records;
            }

            @Override
            public void close() {}
        };
    }
}
