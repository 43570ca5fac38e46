package io.eventmesh.storage.kafka;

import io.eventmesh.common.thread.NamedThreads;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Hands over the records of streams whose topic the producer did not know when they came, on a thread of its own, {@code
 * mesh-kafka-append}; whoever appends never waits.
 *
 * <p>Thread-safe.
 */
final class Feeder implements AutoCloseable {
    private static final long RETRY_NANOS = 5_000_000;
    private static final long IDLE_MILLIS = 60_000;
    private static final long CLOSE_MILLIS = 1_000;

    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();
    /** Guarded by this. */
    private final Set<StreamAppends> hungry = new LinkedHashSet<>();

    private boolean closing;
    private @Nullable Thread thread;

    /** @param maxBytes of all records that wait */
    Feeder(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    synchronized void start() {
        Thread running = NamedThreads.named("mesh-kafka-append", this::run);
        thread = running;
        running.start();
    }

    /** Whether a record of that size may wait, too. */
    boolean reserve(int size) {
        if (bytes.addAndGet(size) > maxBytes) {
            bytes.addAndGet(-size);
            return false;
        }
        return true;
    }

    void release(int size) {
        bytes.addAndGet(-size);
    }

    /** Records of the stream wait. */
    synchronized void wake(StreamAppends stream) {
        if (hungry.add(stream)) {
            notifyAll();
        }
    }

    private void run() {
        try {
            List<StreamAppends> left = List.of();
            while (true) {
                if (!left.isEmpty()) {
                    LockSupport.parkNanos(RETRY_NANOS);
                }
                List<StreamAppends> next = next(left);
                if (next.isEmpty()) {
                    return;
                }
                left = new ArrayList<>();
                for (StreamAppends stream : next) {
                    if (!stream.feed()) {
                        left.add(stream);
                    }
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for streams that have something; those whose topic was unknown are among them. Empty at the end. */
    private synchronized List<StreamAppends> next(List<StreamAppends> left) throws InterruptedException {
        while (hungry.isEmpty() && left.isEmpty() && !closing) {
            wait(IDLE_MILLIS);
        }
        if (closing) {
            return List.of();
        }
        hungry.addAll(left);
        List<StreamAppends> next = List.copyOf(hungry);
        hungry.clear();
        return next;
    }

    @Override
    public void close() {
        Thread running;
        synchronized (this) {
            closing = true;
            running = thread;
            notifyAll();
        }
        if (running != null) {
            try {
                running.join(CLOSE_MILLIS);
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
