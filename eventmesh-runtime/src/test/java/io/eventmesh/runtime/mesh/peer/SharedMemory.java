package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A storage that several runtimes share, each by a {@link SharedView} of its own: the streams of one memory storage, and
 * groups whose partitions are dealt evenly among the readers that are open.
 */
final class SharedMemory implements AutoCloseable {
    static final Comparator<StreamPartition> ORDER =
            Comparator.comparing(StreamPartition::stream).thenComparingInt(StreamPartition::index);
    private static final Duration LONGEST_RELEASE = Duration.ofSeconds(5);

    final MemoryStorage behind;
    private final Scheduler scheduler;
    private final SerialExecutor serial;
    private final Map<SubscriptionName, Dealt> groups = new ConcurrentHashMap<>();

    /** How a group's partitions are dealt. Changed in the serial executor only. */
    static final class Dealt {
        final Map<StreamPartition, Progress> progress = new ConcurrentHashMap<>();
        final List<SharedReader> readers = new CopyOnWriteArrayList<>();
        final Map<StreamPartition, SharedReader> owners = new ConcurrentHashMap<>();
        private final Map<StreamPartition, SharedReader> leaving = new HashMap<>();
    }

    SharedMemory(MeshClock clock, Scheduler scheduler, Executor dispatch) {
        this.behind = new MemoryStorage(MemoryStorageConfig.defaults(), clock);
        this.scheduler = scheduler;
        this.serial = new SerialExecutor(dispatch, clock::nanoTime);
        behind.start();
    }

    SharedView view() {
        return new SharedView(this);
    }

    void step(Runnable step) {
        serial.execute(step);
    }

    Dealt of(SubscriptionName group) {
        return groups.computeIfAbsent(group, unknown -> new Dealt());
    }

    Progress progress(GroupInfo info, StreamPartition partition) {
        Progress stored = of(info.name()).progress.get(partition);
        Progress start = info.progress().get(partition);
        return stored == null ? start == null ? Progress.at(0) : start : stored;
    }

    /** As all runtimes see it. */
    GroupInfo shown(GroupInfo info) {
        Map<StreamPartition, Progress> progress = new TreeMap<>(ORDER);
        long lag = 0;
        for (StreamPartition partition : info.progress().keySet()) {
            Progress done = progress(info, partition);
            progress.put(partition, done);
            lag += end(partition) - done.watermark() - done.ackedAbove();
        }
        return new GroupInfo(
                info.name(), info.terms(), progress, lag, info.parked(), info.cutOff(), info.paused(), info.gaps());
    }

    private long end(StreamPartition partition) {
        return behind.peek(partition, Long.MAX_VALUE, 1, 1)
                .toCompletableFuture()
                .join()
                .end();
    }

    void appended(StreamName stream) {
        step(() -> groups.values()
                .forEach(dealt -> dealt.owners.forEach((partition, reader) -> {
                    if (partition.stream().equals(stream)) {
                        reader.pump(partition);
                    }
                })));
    }

    /** Deals a group's partitions anew: what has to move is given up in good order first. */
    void deal(SubscriptionName group) {
        step(() -> {
            Dealt dealt = of(group);
            GroupInfo info = behind.group(group).orElse(null);
            if (info == null) {
                dealt.owners.forEach((partition, reader) -> reader.revoke(partition));
                dealt.owners.clear();
                dealt.progress.clear();
                return;
            }
            if (dealt.readers.isEmpty()) {
                return;
            }
            List<StreamPartition> partitions =
                    info.progress().keySet().stream().sorted(ORDER).toList();
            for (int i = 0; i < partitions.size(); i++) {
                SharedReader wanted = dealt.readers.get(i % dealt.readers.size());
                StreamPartition partition = partitions.get(i);
                SharedReader owner = dealt.owners.get(partition);
                if (owner == null) {
                    dealt.owners.put(partition, wanted);
                    wanted.assign(partition, progress(info, partition));
                } else if (owner != wanted && dealt.leaving.putIfAbsent(partition, owner) == null) {
                    release(group, dealt, partition, owner);
                }
            }
        });
    }

    private void release(SubscriptionName group, Dealt dealt, StreamPartition partition, SharedReader owner) {
        Scheduler.Timer late =
                scheduler.schedule(LONGEST_RELEASE, () -> step(() -> released(group, dealt, partition, owner)));
        owner.releasing(partition).whenComplete((done, failure) -> {
            late.cancel();
            step(() -> released(group, dealt, partition, owner));
        });
    }

    private void released(SubscriptionName group, Dealt dealt, StreamPartition partition, SharedReader owner) {
        if (dealt.leaving.remove(partition, owner) && dealt.owners.remove(partition, owner)) {
            owner.revoke(partition);
            deal(group);
        }
    }

    void opened(SubscriptionName group, SharedReader reader) {
        step(() -> {
            of(group).readers.add(reader);
            deal(group);
        });
    }

    /** Its partitions go to others at once. */
    void closed(SubscriptionName group, SharedReader reader) {
        step(() -> {
            Dealt dealt = of(group);
            if (dealt.readers.remove(reader)) {
                dealt.owners.values().removeIf(owner -> owner == reader);
                dealt.leaving.values().removeIf(owner -> owner == reader);
                deal(group);
            }
        });
    }

    boolean isOwner(SubscriptionName group, StreamPartition partition, @Nullable SharedReader reader, long epoch) {
        return reader != null && of(group).owners.get(partition) == reader && reader.epoch(partition) == epoch;
    }

    void forget(SubscriptionName group) {
        of(group).progress.clear();
    }

    @Override
    public void close() {
        behind.close();
    }
}
