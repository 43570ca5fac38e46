package io.eventmesh.testkit.storage;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A reader's listener that remembers every call in order and notices calls that overlap. Thread-safe. */
public final class RecordingListener implements GroupReader.Listener {
    /** A call of the listener. */
    public sealed interface Call {}

    public record Assigned(StreamPartition partition, long epoch, Progress progress) implements Call {}

    public record Revoked(StreamPartition partition, long epoch) implements Call {}

    public record Records(StreamPartition partition, long epoch, List<StoredRecord> records) implements Call {}

    public record Missed(Gap gap) implements Call {}

    public record Failed(EventMeshException cause) implements Call {}

    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final AtomicInteger inside = new AtomicInteger();
    private volatile boolean overlapped;

    @Override
    public void assigned(StreamPartition partition, long epoch, Progress progress) {
        remember(new Assigned(partition, epoch, progress));
    }

    @Override
    public void revoked(StreamPartition partition, long epoch) {
        remember(new Revoked(partition, epoch));
    }

    @Override
    public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        remember(new Records(partition, epoch, records));
    }

    @Override
    public void gap(Gap gap) {
        remember(new Missed(gap));
    }

    @Override
    public void failed(EventMeshException cause) {
        remember(new Failed(cause));
    }

    /** Everything that was told, in order. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** Whether two calls ever ran at once. */
    public boolean overlapped() {
        return overlapped;
    }

    public <C extends Call> List<C> calls(Class<C> kind) {
        return calls.stream().filter(kind::isInstance).map(kind::cast).toList();
    }

    /** All records that were handed over, in order. */
    public List<StoredRecord> records() {
        return calls(Records.class).stream()
                .flatMap(call -> call.records().stream())
                .toList();
    }

    /** The ids of all events that were handed over, in order. */
    public List<String> ids() {
        return records().stream().map(each -> each.record().event().id()).toList();
    }

    public List<Gap> gaps() {
        return calls(Missed.class).stream().map(Missed::gap).toList();
    }

    /** The latest assignment of a partition. */
    public Assigned assignment(StreamPartition partition) {
        return calls(Assigned.class).stream()
                .filter(call -> call.partition().equals(partition))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new AssertionError(partition + " was never assigned"));
    }

    private void remember(Call call) {
        overlapped |= inside.getAndIncrement() != 0;
        calls.add(call);
        inside.decrementAndGet();
    }
}
