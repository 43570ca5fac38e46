package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What is offered later: soon, and it waits in memory; later, and the parking keeps it. Part of one {@link GroupState}.
 */
final class Waiting {
    private static final Duration STORAGE_RETRY = Duration.ofMillis(200);
    private static final int MAX_STORAGE_RETRY_SHIFT = 7;
    private static final double JITTER = 0.1;

    /** Where the way of an event leads from here. */
    interface Ways {
        /** It may be offered. */
        void ready(Entry entry);

        /** The parking holds it from now on: it leaves the window of its partition. */
        void parked(Entry entry);

        /** The parking has lost it, by somebody's will. */
        void gone(Entry entry);
    }

    private final DeliverySettings settings;
    private final Wanted wanted;
    private final GroupEffects effects;
    private final Ways ways;
    private final MeshClock clock;
    private final RandomGenerator random;
    private final RetryQueue retries = new RetryQueue();
    private final ParkedEvents parkedEvents;

    /** @param crowded told of a flow of which much is parked, and of one of which nothing is any more */
    Waiting(Surroundings around, Wanted wanted, Ways ways, BiConsumer<Flow, Boolean> crowded) {
        this.settings = around.settings();
        this.effects = around.effects();
        this.clock = around.clock();
        this.random = around.random();
        this.wanted = wanted;
        this.ways = ways;
        this.parkedEvents = new ParkedEvents(settings.loadedEvents(), settings.flowEvents(), this::load, crowded);
    }

    int parkedCount() {
        return parkedEvents.size();
    }

    /** Whether the parking holds what stands there, so that it needs not be read. */
    boolean holds(Position position) {
        return parkedEvents.holds(position);
    }

    /** Whether a new event of the flow has to wait for earlier ones. */
    boolean isFull(Flow flow) {
        return parkedEvents.isFull(flow);
    }

    /** Whether an event that was just read has to wait in the parking, since its lane does. */
    boolean mustPark(Entry entry) {
        Lane lane = entry.lane;
        if (lane == null || lane.head() == entry) {
            return false;
        }
        Entry head = lane.head();
        return lane.isBehindParked(entry) || (lane.size() > settings.laneEvents() && head != null && head.failures > 0);
    }

    /** Takes over what the parking holds from an earlier life of the group. */
    void restore(Entry entry, Parking.Ticket ticket) {
        entry.parked = true;
        entry.state = Entry.State.PARKED;
        entry.offers = ticket.attempts();
        entry.failures = ticket.attempts();
        entry.firstOfferMillis = ticket.firstOfferMillis();
        entry.dueMillis = ticket.dueMillis();
        entry.cause = Cause.remembered(ticket.cause());
        if (entry.lane != null) {
            entry.lane.parked++;
        }
        parkedEvents.add(entry);
    }

    /** What is parked of the flow is due now. */
    void hasten(String flow) {
        parkedEvents.hasten(flow);
    }

    /** More of the partition was read. */
    void read(PartitionWindow window) {
        parkedEvents.read(window);
    }

    void drop(PartitionWindow window) {
        parkedEvents.drop(window);
    }

    /** After how long the terms have the entry offered again. */
    Duration delay(Entry entry) {
        return Duration.ofMillis(
                jittered(wanted.terms().retry().delayAfter(entry.failures).toMillis()));
    }

    /** An offer came to nothing, and another one follows. */
    void again(Entry entry, Duration delay) {
        long millis = delay.toMillis();
        if (millis > settings.parkAfter().toMillis()) {
            park(entry, clock.millis() + millis);
        } else {
            waitInMemory(entry, 0, millis);
        }
    }

    /** Parks what waits in memory behind a failing event, beyond the bound, or all of it when that one is parked. */
    void spill(Lane lane) {
        int kept = lane.parked > 0 ? 1 : settings.laneEvents();
        int at = 0;
        for (Entry entry = lane.head(); entry != null; entry = entry.laneAfter) {
            if (at++ >= kept && entry.state == Entry.State.BEHIND) {
                park(entry, 0);
            }
        }
    }

    void park(Entry entry, long dueMillis) {
        entry.state = Entry.State.PARKING;
        entry.dueMillis = dueMillis;
        if (entry.lane != null && !entry.parked) {
            entry.lane.parked++;
        }
        entry.window.storing++;
        effects.park(entry);
    }

    /** Has the entry's event appended to its dead letter. */
    void bury(Entry entry) {
        entry.state = Entry.State.BURYING;
        entry.window.storing++;
        effects.bury(entry);
    }

    /** The storage refused something about the entry: it stays as it is and is tried again later. */
    void storageRefused(Entry entry) {
        retries.add(entry, clock.nanoTime() + storageDelay(entry) * 1_000_000);
    }

    /** A parked event is done. */
    void remove(Entry entry) {
        if (entry.lane != null) {
            entry.lane.parked--;
        }
        parkedEvents.remove(entry);
        entry.window.progress.doneAhead(entry.position.offset());
        effects.unpark(entry);
    }

    /** An event is first of its lane by now. */
    void firstOfLane(Entry entry) {
        parkedEvents.add(entry);
    }

    // what was asked for is answered

    void parked(Entry entry, @Nullable EventMeshException failure) {
        entry.window.storing--;
        if (failure != null) {
            entry.maybeParked |= failure.code() != ErrorCode.STORAGE_FULL;
            notParked(entry);
            return;
        }
        boolean firstTime = !entry.parked;
        entry.parked = true;
        entry.state = Entry.State.PARKED;
        entry.storageFailures = 0;
        if (firstTime) {
            ways.parked(entry);
        } else {
            parkedEvents.unload(entry);
        }
        entry.record = null;
        parkedEvents.add(entry);
    }

    private void notParked(Entry entry) {
        if (entry.lane != null && !entry.parked) {
            entry.lane.parked--;
        }
        if (entry.isFirstOfLane()) {
            long left = entry.dueMillis - clock.millis();
            long wait = storageDelay(entry);
            waitInMemory(entry, entry.dueMillis, left > 0 ? Math.min(left, wait) : wait);
        } else {
            entry.state = Entry.State.BEHIND;
        }
    }

    void loaded(Entry entry, @Nullable EventRecord record, @Nullable EventMeshException failure) {
        if (record != null) {
            entry.record = record;
            entry.storageFailures = 0;
            ways.ready(entry);
        } else if (failure != null && failure.code() == ErrorCode.NOT_FOUND) {
            ways.gone(entry);
        } else {
            entry.state = Entry.State.PARKED;
            entry.dueMillis = clock.millis() + storageDelay(entry);
            parkedEvents.unload(entry);
            parkedEvents.add(entry);
        }
    }

    private void load(Entry entry) {
        entry.state = Entry.State.LOADING;
        effects.load(entry);
    }

    // time

    /** When {@link #fire} has something to do, at the latest. */
    long nextRetryNanos() {
        Entry retry = retries.peek();
        return retry == null ? Long.MAX_VALUE : retry.dueNanos;
    }

    /** When {@link #loadDue} has something to do, at the latest. */
    long nextLoadNanos() {
        long due = parkedEvents.nextDueMillis();
        if (due == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        // wall time may jump, so it is looked at again every now and then
        long wait = Math.min(Math.max(0, due - clock.millis()), 10_000);
        return clock.nanoTime() + wait * 1_000_000;
    }

    void fire(long now) {
        for (Entry entry = retries.poll(now); entry != null; entry = retries.poll(now)) {
            if (entry.window.dropped) {
                continue;
            }
            if (entry.state == Entry.State.BURYING) {
                bury(entry);
            } else if (!entry.window.releasing) {
                wake(entry);
            }
        }
    }

    private void wake(Entry entry) {
        if (entry.dueMillis > clock.millis()) {
            // it could not be parked when it should have been
            park(entry, entry.dueMillis);
        } else {
            ways.ready(entry);
        }
    }

    void loadDue() {
        parkedEvents.loadDue(clock);
    }

    private void waitInMemory(Entry entry, long dueMillis, long millis) {
        entry.state = Entry.State.WAITING;
        entry.dueMillis = dueMillis;
        retries.add(entry, clock.nanoTime() + millis * 1_000_000);
    }

    private long jittered(long millis) {
        return millis + (long) (millis * JITTER * random.nextDouble());
    }

    private long storageDelay(Entry entry) {
        int shift = Math.min(entry.storageFailures++, MAX_STORAGE_RETRY_SHIFT);
        return STORAGE_RETRY.toMillis() << shift;
    }
}
