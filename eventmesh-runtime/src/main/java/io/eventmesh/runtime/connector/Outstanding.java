package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.DeferringSink;
import io.eventmesh.spi.connector.SinkRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * What a {@link DeferringSink} took and does not call safe yet. Bounded in bytes, number and age: at a bound the sink is
 * told to make all of it safe. Used by the task's thread.
 */
final class Outstanding {
    private static final Duration ASK_EVERY = Duration.ofSeconds(1);
    private static final int MOST = 10_000;

    private record Since(Held held, long nanos) {}

    private final DeferringSink sink;
    private final Settlement settlement;
    private final TaskControl control;
    private final long mostBytes;
    private final Duration oldest;
    private final IdentityHashMap<SinkRecord, Held> held = new IdentityHashMap<>();
    private final Deque<Since> order = new ArrayDeque<>();
    private long bytes;
    private long askedNanos;

    /** @param oldest how long a record may stay unsafe */
    Outstanding(DeferringSink sink, Settlement settlement, TaskControl control, long mostBytes, Duration oldest) {
        this.sink = sink;
        this.settlement = settlement;
        this.control = control;
        this.mostBytes = mostBytes;
        this.oldest = oldest;
        this.askedNanos = control.nanoTime();
    }

    int count() {
        return held.size();
    }

    /** The sink took them. */
    void add(List<Held> taken) throws Exception {
        long now = control.nanoTime();
        for (Held each : taken) {
            held.put(each.record(), each);
            order.add(new Since(each, now));
            bytes += each.bytes();
        }
        ask(isFull());
    }

    /** Asks for what became safe, when it is time; demands all of it at a bound. */
    void step() throws Exception {
        boolean full = isFull();
        if (!held.isEmpty() && (full || control.nanoTime() - askedNanos >= ASK_EVERY.toNanos())) {
            ask(full);
        }
    }

    /** Demands all of it, for the end; what is not safe then goes back to the mesh with the membership. */
    void finish() throws Exception {
        if (!held.isEmpty()) {
            take(true);
        }
    }

    private void ask(boolean full) throws Exception {
        if (!full) {
            take(false);
            return;
        }
        take(true);
        if (isFull()) {
            throw new EventMeshException(
                    ErrorCode.DELIVERY_FAILED,
                    "sink keeps %d events, %d bytes unsafe (expected: safe when it is told to)"
                            .formatted(held.size(), bytes));
        }
    }

    private void take(boolean force) throws Exception {
        settlement.awaitWork();
        askedNanos = control.nanoTime();
        List<Held> safe = new ArrayList<>();
        sink.safe(force).forEach(record -> release(record, safe));
        // what the plugin rejected counts as safe whether it says so or not
        settlement.rejections().forEach(record -> release(record, safe));
        settlement.safe(safe);
        while (!order.isEmpty() && !held.containsKey(order.peek().held().record())) {
            order.remove();
        }
        if (held.isEmpty()) {
            settlement.idle();
        }
    }

    /** Records that are not ours, or were named before, are passed over. */
    private void release(SinkRecord record, List<Held> safe) {
        Held mine = held.remove(record);
        if (mine != null) {
            safe.add(mine);
            bytes -= mine.bytes();
        }
    }

    private boolean isFull() {
        return bytes >= mostBytes
                || held.size() >= MOST
                || (!order.isEmpty() && control.nanoTime() - order.peek().nanos() >= oldest.toNanos());
    }
}
