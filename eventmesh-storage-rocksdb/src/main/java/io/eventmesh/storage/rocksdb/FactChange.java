package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.EventMeshException;
import java.util.concurrent.CompletableFuture;
import org.rocksdb.RocksDBException;

/** A change of facts that were decided already; answers when they are durable. */
final class FactChange extends CompletableFuture<Void> implements Change {
    /** Puts what is to be stored. */
    @FunctionalInterface
    interface Step {
        void write(Batch batch) throws RocksDBException;
    }

    private static final int WEIGHT = 256;

    private final Step step;

    FactChange(Step step) {
        this.step = step;
    }

    @Override
    public int weight() {
        return WEIGHT;
    }

    @Override
    public void write(Batch batch) throws RocksDBException {
        step.write(batch);
    }

    @Override
    public void durable() {
        complete(null);
    }

    @Override
    public void failed(EventMeshException why) {
        completeExceptionally(why);
    }
}
