package io.eventmesh.testkit.connector;

import io.eventmesh.spi.connector.DeferringSink;
import io.eventmesh.spi.connector.SinkRecord;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A sink that stores blocks of three meets the contract. */
final class BlockSinkTest extends DeferringSinkContractTest {
    private static final int BLOCK = 3;

    private final List<String> stored = new CopyOnWriteArrayList<>();

    @Override
    protected DeferringSink connector() {
        return new BlockSink();
    }

    @Override
    protected List<String> stored() {
        return List.copyOf(stored);
    }

    private final class BlockSink implements DeferringSink {
        private final List<SinkRecord> block = new ArrayList<>();
        private boolean closed;

        @Override
        public void open() {}

        @Override
        public void put(List<SinkRecord> batch) {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            block.addAll(batch);
        }

        @Override
        public Collection<SinkRecord> safe(boolean force) {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            int full = force ? block.size() : block.size() - block.size() % BLOCK;
            List<SinkRecord> safe = new ArrayList<>(block.subList(0, full));
            block.subList(0, full).clear();
            safe.forEach(record -> stored.add(new String(record.event().data(), StandardCharsets.UTF_8)));
            return safe;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
