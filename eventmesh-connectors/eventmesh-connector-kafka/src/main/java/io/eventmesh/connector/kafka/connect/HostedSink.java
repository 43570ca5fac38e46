package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.DeferringSink;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.connect.sink.SinkConnector;
import org.apache.kafka.connect.sink.SinkTask;
import org.jspecify.annotations.Nullable;

/**
 * One task of a hosted sink connector.
 *
 * <p>To the connector a topic of the mesh is a topic of Kafka with dots for slashes, and an event's place in its stream
 * the offset. What the connector's {@code preCommit} answers is safe; what it keeps back stays owed by the task.
 */
final class HostedSink implements DeferringSink {
    private final HostedPlugin<SinkConnector> plugin;
    private final HostedSinkConfig config;
    private final TaskContext context;
    private final SinkEvents events;
    private final SinkPartitions partitions;
    private final boolean strict;
    private final ReentrantLock calls = new ReentrantLock();
    private final AtomicBoolean closed = new AtomicBoolean();

    private volatile @Nullable HostedTask<SinkTask> running;
    private volatile @Nullable Transforms<org.apache.kafka.connect.sink.SinkRecord> transforms;
    private volatile @Nullable Thread caller;
    private long askedAt;

    HostedSink(HostedPlugin<SinkConnector> plugin, HostedSinkConfig config, TaskContext context) {
        this.plugin = plugin;
        this.config = config;
        this.context = context;
        this.events = new SinkEvents(config.values());
        this.partitions = new SinkPartitions(context);
        this.strict = HostedProperties.isStrict(config.properties());
    }

    @Override
    public void open() throws Exception {
        calling(() -> {
            Map<String, String> settings =
                    plugin.settings(HostedProperties.text(config.properties()), context.connector(), context.tasks());
            HostedTask<SinkTask> task =
                    new HostedTask<>(plugin, SinkTask.class, context, new PositionOffsets(Map.of()));
            running = task;
            transforms = Transforms.of(plugin, settings);
            askedAt = context.clock().nanoTime();
            task.start(settings, (sink, own) -> sink.initialize(partitions.context(own)));
            return Boolean.TRUE;
        });
    }

    @Override
    public void put(List<SinkRecord> batch) throws Exception {
        calling(() -> {
            SinkTask task = task();
            if (task == null) {
                throw new IOException(
                        "task %s has nothing to do (expected: fewer tasks of the connector)".formatted(context.task()));
            }
            put(task, batch);
            return Boolean.TRUE;
        });
    }

    @Override
    public Collection<SinkRecord> safe(boolean force) throws Exception {
        return calling(() -> {
            SinkTask task = task();
            if (task == null) {
                return List.of();
            }
            long now = context.clock().nanoTime();
            boolean due = now - askedAt >= config.flushInterval().toNanos();
            if (!force && !due && !partitions.isCommitRequested()) {
                return partitions.takePassedOver();
            }
            askedAt = now;
            Map<TopicPartition, OffsetAndMetadata> asked = partitions.offsets();
            Map<TopicPartition, OffsetAndMetadata> answered =
                    asked.isEmpty() ? Map.of() : plugin.call(() -> task.preCommit(new HashMap<>(asked)));
            List<SinkRecord> safe = new ArrayList<>(partitions.takePassedOver());
            safe.addAll(partitions.takeSafe(answered == null ? Map.of() : answered));
            return safe;
        });
    }

    /** Called by another thread while the connector is busy, it leaves the stopping to the busy one and interrupts it. */
    @Override
    public void close() {
        closed.set(true);
        if (calls.tryLock()) {
            try {
                end();
            } finally {
                calls.unlock();
            }
        } else {
            Thread busy = caller;
            if (busy != null) {
                busy.interrupt();
            }
        }
    }

    private void put(SinkTask task, List<SinkRecord> batch) throws Exception {
        List<SinkPartitions.Put> puts = new ArrayList<>(batch.size());
        for (SinkRecord record : batch) {
            puts.add(partitions.place(record, puts.size()));
        }
        List<TopicPartition> opening = partitions.opening(puts);
        if (!opening.isEmpty()) {
            plugin.run(() -> task.open(opening));
        }
        List<org.apache.kafka.connect.sink.SinkRecord> records = new ArrayList<>(puts.size());
        Set<SinkPartitions.Put> without = new HashSet<>();
        for (SinkPartitions.Put put : puts) {
            org.apache.kafka.connect.sink.SinkRecord left = partitions.isKnown(put) ? null : transformed(put);
            if (left == null) {
                without.add(put);
            } else {
                records.add(left);
            }
        }
        partitions.putting(puts);
        awaitResumed(task, puts);
        if (!records.isEmpty()) {
            plugin.run(() -> task.put(records));
        }
        partitions.put(puts, without);
    }

    /** Null when the connector shall not get it: it is filtered out, or no transform takes it. */
    private org.apache.kafka.connect.sink.@Nullable SinkRecord transformed(SinkPartitions.Put put) throws Exception {
        org.apache.kafka.connect.sink.SinkRecord made = events.record(put.partition(), put.offset(), put.record());
        Transforms<org.apache.kafka.connect.sink.SinkRecord> chain = transforms;
        try {
            return chain == null ? made : chain.apply(made);
        } catch (EventMeshException untaken) {
            if (strict) {
                throw new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, untaken.reason(), untaken);
            }
            context.reject(put.record(), untaken);
            return null;
        }
    }

    /** As Kafka Connect does it: a connector that has paused its partitions is called with nothing until it resumes. */
    private void awaitResumed(SinkTask task, List<SinkPartitions.Put> puts) throws Exception {
        while (partitions.isPaused(puts)) {
            if (closed.get()) {
                throw new InterruptedException("closed while the connector had paused");
            }
            plugin.run(() -> task.put(List.of()));
            partitions.awaitResumed();
        }
    }

    private @Nullable SinkTask task() throws Exception {
        HostedTask<SinkTask> hosted = running;
        if (hosted == null || closed.get()) {
            throw new IOException("task %s is closed (expected: open)".formatted(context.task()));
        }
        hosted.requireNoError();
        return hosted.task();
    }

    private <T> T calling(Callable<T> call) throws Exception {
        calls.lockInterruptibly();
        try {
            caller = Thread.currentThread();
            return call.call();
        } catch (EventMeshException refusal) {
            throw refusal;
        } catch (Exception failure) {
            throw ConnectFailures.of(failure);
        } finally {
            caller = null;
            if (closed.get()) {
                end();
            }
            calls.unlock();
        }
    }

    private void end() {
        HostedTask<SinkTask> task = running;
        if (task != null) {
            Collection<TopicPartition> assigned = partitions.assignment();
            task.stop(sink -> {
                sink.close(assigned);
                sink.stop();
            });
        }
        Transforms<org.apache.kafka.connect.sink.SinkRecord> chain = transforms;
        if (chain != null) {
            chain.close();
        }
        events.close();
    }
}
