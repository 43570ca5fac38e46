package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.storage.Progress;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.rocksdb.RocksDBException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads from the disk for whoever may not wait, on a thread of its own: for readers behind the heap's tail, in turn, and
 * for lookups. What waits is bounded: one piece for each assignment, and {@value #MAX_LOOKUPS} lookups.
 */
final class Backlog implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Backlog.class);
    private static final int MAX_LOOKUPS = 10_000;
    private static final long MAX_PIECE = 512 << 10;
    private static final long PATIENCE_SECONDS = 10;

    /** A look at the disk. */
    @FunctionalInterface
    interface Lookup<T> {
        T look() throws RocksDBException, DamagedException;
    }

    private final ChunkReader chunks;
    private final Database database;
    private final AtomicInteger lookups = new AtomicInteger();
    private final ThreadPoolExecutor thread = new ThreadPoolExecutor(
            1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new NamedThreads("mesh-storage-read"));

    Backlog(ChunkReader chunks, Database database) {
        this.chunks = chunks;
        this.database = database;
    }

    /** Reads the next piece for an assignment that has begun to fetch. */
    void fetch(Assignment assignment) {
        try {
            thread.execute(() -> read(assignment));
        } catch (RejectedExecutionException closed) {
            log.debug(
                    "Nothing is read any more. partition={}",
                    assignment.cursor().log().id());
        }
    }

    <T> CompletionStage<T> look(Lookup<T> lookup) {
        if (lookups.incrementAndGet() > MAX_LOOKUPS) {
            lookups.decrementAndGet();
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.OVERLOADED,
                    "lookups: %s (expected: at most %s)".formatted(MAX_LOOKUPS + 1, MAX_LOOKUPS)));
        }
        CompletableFuture<T> answer = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                lookups.decrementAndGet();
                answer(lookup, answer);
            });
        } catch (RejectedExecutionException closed) {
            answer.completeExceptionally(
                    new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, "storage: closed (expected: open)"));
        }
        return answer;
    }

    private static <T> void answer(Lookup<T> lookup, CompletableFuture<T> answer) {
        T found;
        try {
            found = lookup.look();
        } catch (RocksDBException failed) {
            answer.completeExceptionally(unreadable(failed));
            return;
        } catch (DamagedException damaged) {
            answer.completeExceptionally(new EventMeshException(
                    ErrorCode.DATA_CORRUPT, "stored bytes are damaged: " + damaged.getMessage(), damaged));
            return;
        } catch (RuntimeException failed) {
            answer.completeExceptionally(EventMeshException.of(failed));
            return;
        }
        answer.complete(found);
    }

    private void read(Assignment assignment) {
        PartitionLog partition = assignment.cursor().log();
        long from;
        long to;
        long bytes;
        Progress progress;
        synchronized (partition) {
            if (assignment.isRevoked()) {
                return;
            }
            from = Math.max(assignment.next(), partition.base());
            to = partition.tailFrom();
            bytes = Math.min(MAX_PIECE, assignment.demand());
            progress = assignment.cursor().progress();
        }
        try {
            hand(assignment, from, chunks.read(partition, from, to, bytes, progress));
        } catch (RocksDBException failed) {
            assignment.reader().fail(unreadable(failed));
        } catch (EventMeshException closed) {
            log.debug("Nothing is read any more. partition={}", partition.id());
        }
    }

    private void hand(Assignment assignment, long from, ChunkReader.Slice slice) {
        PartitionLog partition = assignment.cursor().log();
        if (slice.damage() != null) {
            log.warn(
                    "Stored events are damaged and left out. group={} partition={} from={} to={} cause={}",
                    assignment.cursor().group().name(),
                    partition.id(),
                    from,
                    slice.next(),
                    slice.damage());
            database.damaged("%s@%s: %s".formatted(partition.id(), from, slice.damage()));
        }
        synchronized (partition) {
            if (assignment.isRevoked()) {
                return;
            }
            assignment.fetched(slice.records(), slice.next());
            long damaged = Math.max(from, partition.base());
            if (slice.damage() != null && damaged < slice.next()) {
                assignment.cursor().damaged(damaged, slice.next());
            }
            assignment.mark();
        }
        assignment.reader().drainNews();
    }

    private static EventMeshException unreadable(RocksDBException failed) {
        return new EventMeshException(
                Failures.isDamage(failed) ? ErrorCode.DATA_CORRUPT : ErrorCode.STORAGE_UNAVAILABLE,
                "rocksdb cannot be read: " + Failures.text(failed),
                failed);
    }

    /** Drops what waits and ends the thread. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                log.warn("Thread of the storage goes on after the close. thread=mesh-storage-read-1");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
