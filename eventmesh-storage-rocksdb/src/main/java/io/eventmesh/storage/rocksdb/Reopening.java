package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the storage back after a write found the disk full: closes what is open, waits for room and opens the data anew.
 * What the failed write left behind is then known instead of guessed.
 */
final class Reopening implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Reopening.class);
    private static final Duration PAUSE = Duration.ofMillis(500);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final RocksStorage storage;
    private final DiskRoom disk;
    private final CountDownLatch closing = new CountDownLatch(1);
    private @Nullable Thread thread;

    Reopening(RocksStorage storage, DiskRoom disk) {
        this.storage = storage;
        this.disk = disk;
    }

    synchronized void begin() {
        if (closing.getCount() > 0) {
            // an earlier thread is at its end: it has opened what has just broken
            Thread next = NamedThreads.named("mesh-storage-reopen", this::run);
            thread = next;
            next.start();
        }
    }

    private void run() {
        OpenStorage broken = storage.takeOpen();
        if (broken != null) {
            broken.fail(new EventMeshException(
                    ErrorCode.STORAGE_UNAVAILABLE, "disk: full (expected: room for progress)", PAUSE));
            broken.close();
        }
        try {
            while (!closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS)) {
                disk.look();
                if (!disk.isScarce() && reopened()) {
                    return;
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean reopened() {
        try {
            storage.open();
            log.info("Storage is open again after the disk was full.");
            return true;
        } catch (EventMeshException refused) {
            log.warn("Storage does not open yet. cause={}", refused.reason());
            return false;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        Thread last;
        synchronized (this) {
            last = thread;
        }
        if (last == null || last == Thread.currentThread()) {
            return;
        }
        try {
            last.join(PATIENCE.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
