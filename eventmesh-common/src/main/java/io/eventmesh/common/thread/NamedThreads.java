package io.eventmesh.common.thread;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
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
    private final BiFunction<Runnable, String, Thread> made;

    /** @param prefix such as {@code mesh-dispatch}; threads are called {@code mesh-dispatch-1} and so on */
    public NamedThreads(String prefix) {
        this(prefix, Thread::new);
    }

    /**
     * Threads of a kind that a library wants.
     *
     * @param made from what it runs and its name
     */
    public NamedThreads(String prefix, BiFunction<Runnable, String, Thread> made) {
        this.prefix = prefix;
        this.made = made;
    }

    @Override
    public Thread newThread(Runnable work) {
        return prepared(made.apply(work, prefix + "-" + next.getAndIncrement()));
    }

    /** One thread of exactly this name, not yet started: for a blocking driver that owns it. */
    public static Thread named(String name, Runnable work) {
        return prepared(new Thread(work, name));
    }

    private static Thread prepared(Thread thread) {
        thread.setDaemon(true);
        thread.setUncaughtExceptionHandler(
                (t, failure) -> log.error("Thread ended by a failure. thread={}", t.getName(), failure));
        return thread;
    }
}
