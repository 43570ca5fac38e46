package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import java.util.concurrent.CompletableFuture;

/** A record that has its place and is on its way to the disk; the answer to its publisher. */
final class PendingRecord extends CompletableFuture<Position> implements Change {
    static final long UNMARKED = -1;

    private final PartitionLog log;
    private final Position position;
    private final EventRecord record;
    private final int size;
    /** Bytes of the partition before it. */
    private final long bytesBefore;
    /** The latest append time up to it. */
    private final long millis;
    /** The latest append time before it where a mark stands there, else {@link #UNMARKED}. */
    private final long markMillis;

    PendingRecord(
            PartitionLog log,
            Position position,
            EventRecord record,
            int size,
            long bytesBefore,
            long millis,
            long markMillis) {
        this.log = log;
        this.position = position;
        this.record = record;
        this.size = size;
        this.bytesBefore = bytesBefore;
        this.millis = millis;
        this.markMillis = markMillis;
    }

    PartitionLog log() {
        return log;
    }

    Position position() {
        return position;
    }

    EventRecord record() {
        return record;
    }

    int size() {
        return size;
    }

    long bytesBefore() {
        return bytesBefore;
    }

    long millis() {
        return millis;
    }

    long markMillis() {
        return markMillis;
    }

    boolean isMarked() {
        return markMillis != UNMARKED;
    }

    /** Names its place for the checksum. */
    long place() {
        return log.place(position.offset());
    }

    @Override
    public int weight() {
        return size;
    }

    @Override
    public void write(Batch batch) {
        batch.add(this);
    }

    @Override
    public void durable() {
        complete(position);
    }

    @Override
    public void failed(EventMeshException why) {
        completeExceptionally(why);
    }
}
