package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.connector.TaskContext;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.connect.source.SourceTask;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One task of a hosted source connector.
 *
 * <p>Each task makes the connector anew and asks it for the configurations of all tasks, of which it takes its own; when
 * there are fewer, it stays idle. The task learns that a record is committed after the mesh has stored its position, so
 * that what the foreign system may forget then is never ahead of what a resume needs.
 */
final class HostedSource implements SourceConnector {
    private static final Logger log = LoggerFactory.getLogger(HostedSource.class);
    private static final long IDLE_MILLIS = 900;
    /** A task that answers at once with nothing is not asked again sooner. */
    private static final long HASTE_MILLIS = 50;

    @SuppressWarnings("ArrayRecordComponent") // compared by Arrays.equals
    private record Sent(byte[] position, org.apache.kafka.connect.source.SourceRecord record) {}

    private final HostedPlugin<org.apache.kafka.connect.source.SourceConnector> plugin;
    private final HostedSourceConfig config;
    private final TaskContext context;
    private final ConnectEvents events;
    private final boolean strict;
    private final Map<String, Deque<Sent>> uncommitted = new HashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicBoolean closed = new AtomicBoolean();

    private volatile @Nullable HostedTask<SourceTask> running;
    private volatile @Nullable Transforms<org.apache.kafka.connect.source.SourceRecord> transforms;
    private PositionOffsets offsets = new PositionOffsets(Map.of());

    HostedSource(
            HostedPlugin<org.apache.kafka.connect.source.SourceConnector> plugin,
            HostedSourceConfig config,
            TaskContext context) {
        this.plugin = plugin;
        this.config = config;
        this.context = context;
        this.events = new ConnectEvents(plugin.name(), config.events());
        this.strict = HostedProperties.isStrict(config.properties());
    }

    @Override
    public void open(Map<String, byte[]> positions) throws Exception {
        offsets = new PositionOffsets(positions);
        Map<String, String> settings =
                plugin.settings(HostedProperties.text(config.properties()), context.connector(), context.tasks());
        HostedTask<SourceTask> task = new HostedTask<>(plugin, SourceTask.class, context, offsets);
        running = task;
        try {
            transforms = Transforms.of(plugin, settings);
            task.start(settings, (started, own) -> started.initialize(task.sourceContext(own)));
        } catch (Exception failure) {
            throw ConnectFailures.of(failure);
        }
        if (closed.get()) {
            end();
        }
    }

    @Override
    public List<SourceRecord> poll() throws Exception {
        HostedTask<SourceTask> task = running;
        if (task == null || closed.get()) {
            return List.of();
        }
        task.requireNoError();
        SourceTask source = task.task();
        if (source == null) {
            await(IDLE_MILLIS);
            return List.of();
        }
        long before = context.clock().nanoTime();
        List<org.apache.kafka.connect.source.SourceRecord> polled;
        try {
            polled = plugin.call(source::poll);
        } catch (Exception failure) {
            if (closed.get()) {
                return List.of();
            }
            throw ConnectFailures.of(failure);
        }
        if (polled == null || polled.isEmpty()) {
            long millis = TimeUnit.NANOSECONDS.toMillis(context.clock().nanoTime() - before);
            await(HASTE_MILLIS - millis);
            return List.of();
        }
        List<SourceRecord> records = new ArrayList<>(polled.size());
        for (org.apache.kafka.connect.source.SourceRecord record : polled) {
            records.add(record(record));
        }
        return records;
    }

    @Override
    public void committed(Map<String, byte[]> positions) throws Exception {
        offsets.committed(positions);
        HostedTask<SourceTask> task = running;
        SourceTask source = task == null ? null : task.task();
        if (source == null || closed.get()) {
            return;
        }
        try {
            for (Map.Entry<String, byte[]> position : positions.entrySet()) {
                for (Sent sent : upTo(position.getKey(), position.getValue())) {
                    plugin.run(() -> source.commitRecord(sent.record(), null));
                }
            }
            plugin.run(source::commit);
        } catch (Exception failure) {
            throw ConnectFailures.of(failure);
        }
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            closing.countDown();
            end();
        }
    }

    private void end() {
        HostedTask<SourceTask> task = running;
        if (task != null) {
            task.stop(SourceTask::stop);
        }
        Transforms<org.apache.kafka.connect.source.SourceRecord> chain = transforms;
        if (chain != null) {
            chain.close();
        }
    }

    private SourceRecord record(org.apache.kafka.connect.source.SourceRecord record) throws Exception {
        Map<String, ?> sourcePartition = orEmpty(record.sourcePartition());
        String partition = PositionOffsets.partition(sourcePartition);
        byte[] position = offsets.position(partition, sourcePartition, orEmpty(record.sourceOffset()));
        SourceRecord made = made(record, partition, position);
        uncommitted.computeIfAbsent(partition, missing -> new ArrayDeque<>()).add(new Sent(position, record));
        return made;
    }

    private SourceRecord made(org.apache.kafka.connect.source.SourceRecord record, String partition, byte[] position)
            throws Exception {
        try {
            Transforms<org.apache.kafka.connect.source.SourceRecord> chain = transforms;
            org.apache.kafka.connect.source.SourceRecord left = chain == null ? record : chain.apply(record);
            return new SourceRecord(partition, position, left == null ? null : events.event(left));
        } catch (IOException | InterruptedException passing) {
            throw passing;
        } catch (Exception failure) {
            EventMeshException why = untaken(partition, failure);
            if (strict) {
                throw why;
            }
            return SourceRecord.failed(partition, position, events.untransformed(record), why);
        }
    }

    private static EventMeshException untaken(String partition, Exception failure) {
        return failure instanceof EventMeshException refused
                ? refused
                : new EventMeshException(
                        ErrorCode.EVENT_INVALID,
                        "record of %s: %s (expected: one that JSON can take)"
                                .formatted(partition, failure.getMessage()),
                        failure);
    }

    /** Takes the records up to a position out of those that are not committed. */
    private List<Sent> upTo(String partition, byte[] position) {
        Deque<Sent> waiting = uncommitted.getOrDefault(partition, new ArrayDeque<>());
        if (waiting.stream().noneMatch(sent -> Arrays.equals(sent.position(), position))) {
            return List.of();
        }
        List<Sent> done = new ArrayList<>();
        while (true) {
            Sent next = waiting.remove();
            done.add(next);
            if (Arrays.equals(next.position(), position)) {
                return done;
            }
        }
    }

    private void await(long millis) throws InterruptedException {
        if (millis > 0 && closing.await(millis, TimeUnit.MILLISECONDS)) {
            log.debug("Closed while idle. task={}", context.task());
        }
    }

    private static Map<String, ?> orEmpty(@Nullable Map<String, ?> map) {
        return map == null ? Map.of() : map;
    }
}
