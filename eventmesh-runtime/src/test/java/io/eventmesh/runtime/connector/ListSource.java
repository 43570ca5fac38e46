package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.event.Event;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A source of the texts it was given, numbered from 1 as positions; a text {@code boom} fails the poll once. */
final class ListSource implements SourceConnectorProvider<ListSource.Config> {
    record Config(String greeting) {}

    final List<String> texts = new CopyOnWriteArrayList<>();
    final List<String> committed = new CopyOnWriteArrayList<>();
    final List<Integer> openedAt = new CopyOnWriteArrayList<>();
    final AtomicInteger opened = new AtomicInteger();
    volatile int most = 100;
    volatile boolean blocking;
    volatile @Nullable Exception nextFailure;

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
    public SourceConnector create(Config config, TaskContext context) {
        return new Source();
    }

    private final class Source implements SourceConnector {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition never = lock.newCondition();
        private int next;
        private boolean closed;

        @Override
        public void open(Map<String, byte[]> positions) {
            byte[] position = positions.get("p");
            next = position == null ? 0 : Integer.parseInt(new String(position, UTF_8));
            openedAt.add(next);
            opened.incrementAndGet();
        }

        @Override
        public List<SourceRecord> poll() throws Exception {
            Exception failure = nextFailure;
            if (failure != null) {
                nextFailure = null;
                throw failure;
            }
            while (blocking) {
                await(50);
            }
            List<SourceRecord> records = new ArrayList<>();
            while (next < texts.size() && records.size() < most) {
                String text = texts.get(next++);
                records.add(new SourceRecord(
                        "p",
                        Integer.toString(next).getBytes(UTF_8),
                        text.equals("-") ? null : Event.builder().type("t").text(text)));
            }
            if (records.isEmpty()) {
                await(5);
            }
            return records;
        }

        @Override
        public void committed(Map<String, byte[]> positions) {
            committed.add(new String(positions.getOrDefault("p", new byte[0]), UTF_8));
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                opened.decrementAndGet();
            }
        }

        private void await(long millis) throws InterruptedException {
            lock.lockInterruptibly();
            try {
                long left = TimeUnit.MILLISECONDS.toNanos(millis);
                while (left > 0) {
                    left = never.awaitNanos(left);
                }
            } finally {
                lock.unlock();
            }
        }
    }
}
