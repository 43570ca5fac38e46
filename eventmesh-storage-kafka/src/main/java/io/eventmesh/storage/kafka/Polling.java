package io.eventmesh.storage.kafka;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.errors.WakeupException;

/**
 * A consumer's poll that any thread can end early. Whoever has news says so before or during a poll; a poll is never
 * begun for long while there is news, and no other call of the consumer is broken off.
 *
 * <p>{@link #nudge} is for other threads, all else for the consumer's own.
 */
final class Polling {
    private enum State {
        BUSY,
        POLLING,
        NUDGED
    }

    private final Consumer<byte[], byte[]> consumer;
    private final AtomicReference<State> state = new AtomicReference<>(State.BUSY);
    private volatile boolean news;

    Polling(Consumer<byte[], byte[]> consumer) {
        this.consumer = consumer;
    }

    /** There is something to do for the consumer's thread. */
    void nudge() {
        news = true;
        if (state.get() == State.POLLING && state.compareAndSet(State.POLLING, State.NUDGED)) {
            consumer.wakeup();
        }
    }

    /** The same, said by the consumer's own thread. */
    void note() {
        news = true;
    }

    /** Waits where there is nothing to poll for. */
    void rest(Duration atMost) {
        if (!news) {
            LockSupport.parkNanos(this, atMost.toNanos());
        }
    }

    /** All news until now is about to be looked at. */
    void begin() {
        news = false;
    }

    ConsumerRecords<byte[], byte[]> poll(Duration atMost) {
        state.set(State.POLLING);
        try {
            return consumer.poll(news ? Duration.ZERO : atMost);
        } catch (WakeupException early) {
            return ConsumerRecords.empty();
        } finally {
            state.set(State.BUSY);
        }
    }

    /** Runs what the consumer calls back from inside a poll. */
    void inside(Runnable callback) {
        state.set(State.BUSY);
        try {
            callback.run();
        } finally {
            state.set(State.POLLING);
            if (news) {
                nudge();
            }
        }
    }

    /** A blocking call that a late wake-up may break off once. */
    <T> T calm(Supplier<T> call) {
        while (true) {
            try {
                return call.get();
            } catch (WakeupException late) {
                // it was meant for a poll that had ended by itself
            }
        }
    }

    void calm(Runnable call) {
        calm(() -> {
            call.run();
            return true;
        });
    }
}
