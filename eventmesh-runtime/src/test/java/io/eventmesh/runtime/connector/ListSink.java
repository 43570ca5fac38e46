package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A sink that keeps texts, refuses {@code poison} and fails as often as it is told. */
final class ListSink implements SinkConnectorProvider<ListSink.Config> {
    record Config(String greeting) {}

    final List<String> flushed = new CopyOnWriteArrayList<>();
    final List<Integer> batches = new CopyOnWriteArrayList<>();
    final AtomicInteger failures = new AtomicInteger();
    volatile CountDownLatch flushes = new CountDownLatch(0);

    @Override
    public String name() {
        return "list";
    }

    @Override
    public Class<Config> configType() {
        return Config.class;
    }

    @Override
    public Config defaults() {
        return new Config("hello");
    }

    @Override
    public SinkConnector create(Config config, TaskContext context) {
        return new Sink();
    }

    private final class Sink implements SinkConnector {
        private final List<String> put = new ArrayList<>();

        @Override
        public void open() {}

        @Override
        public void put(List<SinkRecord> batch) throws IOException {
            batches.add(batch.size());
            if (failures.get() > 0) {
                failures.decrementAndGet();
                throw new IOException("away");
            }
            List<String> texts = batch.stream()
                    .map(record -> new String(record.event().data(), UTF_8))
                    .toList();
            if (texts.contains("poison")) {
                throw new IllegalArgumentException("poison");
            }
            put.addAll(texts);
        }

        @Override
        public void flush() throws InterruptedException {
            if (!flushes.await(20, TimeUnit.SECONDS)) {
                throw new IllegalStateException("never allowed to flush");
            }
            flushed.addAll(put);
            put.clear();
        }

        @Override
        public void close() {}
    }
}
