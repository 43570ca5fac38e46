package io.eventmesh.common.thread;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where threads come from: daemon threads with a stable name prefix, whose uncaught failures are logged.
 *
 * <p>Thread-safe.
 */
public final class NamedThreads implements ThreadFactory {
    private static final Logger log = LoggerFactory.getLogger(NamedThreads.class);

    private final String prefix;
    private final AtomicInteger next = new AtomicInteger(1);

    /** @param prefix such as {@code mesh-dispatch}; threads are called {@code mesh-dispatch-1} and so on */
    public NamedThreads(String prefix) {
        this.prefix = prefix;
    }

    @Override
    public Thread newThread(Runnable work) {
        return named(prefix + "-" + next.getAndIncrement(), work);
    }

    /** One thread of exactly this name, not yet started: for a blocking driver that owns it. */
    public static Thread named(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler(
                (t, failure) -> log.error("Thread ended by a failure. thread={}", t.getName(), failure));
        return thread;
    }
}
