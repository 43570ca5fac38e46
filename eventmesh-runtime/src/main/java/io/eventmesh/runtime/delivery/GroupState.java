package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.delivery.GroupEffects.Happening;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One group's deliveries as a pure state machine: events come in from its partitions, go to members with credit, and
 * leave when they are acked, dead-lettered or parked. The states of an event are those of {@link Entry}.
 *
 * <p>Threads, timers and storage are outside: the owner calls one method at a time, calls {@link #fire} not before
 * {@link #nextDueNanos}, and answers what was asked by {@link GroupEffects}. Receivers are called from inside and must
 * not call back before the call has returned.
 */
final class GroupState {
    private static final Duration STORAGE_RETRY = Duration.ofMillis(200);
    private static final int MAX_STORAGE_RETRY_SHIFT = 7;
    private static final double JITTER = 0.1;

    private final TopicPattern pattern;
    private final DeliveryTerms terms;
    private final DeliverySettings settings;
    private final GroupEffects effects;
    private final MeshClock clock;
    private final RandomGenerator random;

    private final Map<StreamPartition, PartitionWindow> windows = new HashMap<>();
    private final KeyOrder order;
    private final Members members = new Members();
    private final InFlight inFlight = new InFlight();
    private final RetryQueue retries = new RetryQueue();
    private final ParkedEvents parkedEvents;

    private final Offers offers;
    private final Commits commits;

    /** Whether nothing more is offered. */
    private boolean paused;

    GroupState(
            TopicPattern pattern,
            DeliveryTerms terms,
            LaneRule lanes,
            DeliverySettings settings,
            GroupEffects effects,
            MeshClock clock,
            RandomGenerator random) {
        this.pattern = pattern;
        this.terms = terms;
        this.settings = settings;
        this.effects = effects;
        this.clock = clock;
        this.random = random;
        this.order = new KeyOrder(lanes);
        this.offers = new Offers(members, inFlight, terms, effects, clock);
        this.commits = new Commits(windows.values(), settings, effects, clock);
        this.parkedEvents = new ParkedEvents(settings.loadedEvents(), settings.flowEvents(), this::load);
    }

    // what the storage tells

    /** @param tickets what is parked of this partition, by position */
    void assigned(StreamPartition partition, long epoch, Progress progress, List<Parking.Ticket> tickets) {
        forget(partition);
        PartitionWindow window = new PartitionWindow(partition, epoch, progress);
        windows.put(partition, window);
        for (Parking.Ticket ticket : tickets) {
            Entry entry = order.enter(ticket.position(), window, ticket.lane());
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
        turn();
        topUp(window);
    }

    void revoked(StreamPartition partition, long epoch) {
        PartitionWindow window = windows.get(partition);
        if (window != null && window.epoch == epoch) {
            forget(partition);
            turn();
        }
    }

    private void forget(StreamPartition partition) {
        PartitionWindow window = windows.remove(partition);
        if (window == null) {
            return;
        }
        window.dropped = true;
        for (Entry entry : inFlight.all(entry -> entry.window == window)) {
            takeBack(entry);
        }
        parkedEvents.drop(window);
        order.drop(window).forEach(this::firstOfLane);
    }

    void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        PartitionWindow window = windows.get(partition);
        if (window == null || window.epoch != epoch) {
            return;
        }
        for (StoredRecord stored : records) {
            window.received(stored.record().size());
            if (window.stash.isEmpty()
                    && window.progress.reaches(stored.position().offset())) {
                take(window, stored);
            } else {
                window.stash.add(stored);
            }
        }
        parkedEvents.read(window);
        turn();
        topUp(window);
    }

    void gap(Gap gap) {
        PartitionWindow window = windows.get(gap.partition());
        if (window != null && window.stash.isEmpty() && window.progress.reaches(gap.to())) {
            window.progress.skipTo(gap.to());
        }
    }

    // what members do

    void join(MemberState member) {
        members.add(member);
        windows.values().forEach(this::topUp);
        turn();
    }

    /**
     * What the member has in flight goes to the others at once.
     *
     * @param lost whether that may be the fault of what it had in flight
     */
    void leave(MemberState member, boolean lost) {
        if (!members.remove(member)) {
            return;
        }
        boolean single = lost && member.inFlight == 1;
        List<Entry> unsettled = inFlight.all(entry -> entry.member == member);
        for (int i = unsettled.size() - 1; i >= 0; i--) {
            Entry entry = unsettled.get(i);
            takeBack(entry);
            entry.losses += lost ? 1 : 0;
            effects.count(Happening.LOST);
            if (single) {
                entry.failures++;
                entry.cause = Cause.memberLost();
            }
            if (entry.failures >= terms.retry().maxAttempts()) {
                bury(entry, "attempts");
            } else {
                offers.ready(entry, true);
            }
        }
        turn();
    }

    void credit(MemberState member, int events, long bytes) {
        member.credit(events, bytes);
        members.consider(member);
        turn();
    }

    void ack(MemberState member, long delivery) {
        Entry entry = settle(member, delivery);
        if (entry != null) {
            effects.count(Happening.ACKED);
            done(entry);
            turn();
        }
    }

    /** @param delay zero: by the policy */
    void release(MemberState member, long delivery, Duration delay, Cause cause) {
        Entry entry = settle(member, delivery);
        if (entry != null) {
            effects.count(Happening.RELEASED);
            failed(entry, delay, cause);
            turn();
        }
    }

    void reject(MemberState member, long delivery, Cause cause) {
        Entry entry = settle(member, delivery);
        if (entry != null) {
            effects.count(Happening.REJECTED);
            entry.failures++;
            entry.cause = cause;
            bury(entry, "permanent");
            turn();
        }
    }

    // what was asked for is answered

    void parked(Entry entry, @Nullable EventMeshException failure) {
        if (entry.window.dropped) {
            return;
        }
        if (failure != null) {
            notParked(entry);
        } else {
            boolean firstTime = !entry.parked;
            entry.parked = true;
            entry.state = Entry.State.PARKED;
            entry.storageFailures = 0;
            if (firstTime) {
                free(entry);
            } else {
                parkedEvents.unload(entry);
            }
            entry.record = null;
            parkedEvents.add(entry);
        }
        turn();
    }

    void loaded(Entry entry, @Nullable EventRecord record, @Nullable EventMeshException failure) {
        if (entry.window.dropped) {
            return;
        }
        if (record != null) {
            entry.record = record;
            entry.storageFailures = 0;
            offers.ready(entry, false);
        } else if (failure != null && failure.code() == ErrorCode.NOT_FOUND) {
            done(entry);
        } else {
            entry.state = Entry.State.PARKED;
            entry.dueMillis = clock.millis() + storageDelay(entry);
            parkedEvents.unload(entry);
            parkedEvents.add(entry);
        }
        turn();
    }

    void buried(Entry entry, @Nullable EventMeshException failure) {
        if (entry.window.dropped) {
            return;
        }
        if (failure == null) {
            effects.count(Happening.DEAD_LETTERED);
            done(entry);
        } else {
            retries.add(entry, clock.nanoTime() + storageDelay(entry) * 1_000_000);
        }
        turn();
    }

    void committed(PartitionWindow window, @Nullable EventMeshException failure) {
        commits.committed(window, failure);
    }

    // time

    /** When {@link #fire} has something to do, at the latest; {@link Long#MAX_VALUE} for never. */
    long nextDueNanos() {
        long due = Long.MAX_VALUE;
        Entry oldest = inFlight.oldest();
        if (oldest != null) {
            due = oldest.timeoutNanos;
        }
        Entry retry = retries.peek();
        if (retry != null) {
            due = Math.min(due, retry.dueNanos);
        }
        due = Math.min(due, commits.nextDueNanos());
        long parkedMillis = paused || members.isEmpty() ? Long.MAX_VALUE : parkedEvents.nextDueMillis();
        if (parkedMillis != Long.MAX_VALUE) {
            // wall time may jump, so it is looked at again every now and then
            long wait = Math.min(Math.max(0, parkedMillis - clock.millis()), 10_000);
            due = Math.min(due, clock.nanoTime() + wait * 1_000_000);
        }
        return due;
    }

    void fire() {
        long now = clock.nanoTime();
        for (Entry entry = inFlight.oldest();
                entry != null && entry.timeoutNanos - now <= 0;
                entry = inFlight.oldest()) {
            takeBack(entry);
            effects.count(Happening.TIMED_OUT);
            failed(entry, Duration.ZERO, Cause.timedOut(terms.ackTimeout().toMillis()));
        }
        for (Entry entry = retries.poll(now); entry != null; entry = retries.poll(now)) {
            if (entry.window.dropped) {
                continue;
            }
            if (entry.state == Entry.State.BURYING) {
                effects.bury(entry);
            } else {
                offers.ready(entry, false);
            }
        }
        commits.fire(now);
        turn();
    }

    /** Stores what is done and not stored yet. */
    void commitNow() {
        commits.commitAll();
    }

    /** Offers nothing more; what is in flight may still be settled. */
    void pause() {
        paused = true;
    }

    // what operators and the owner ask

    int memberCount() {
        return members.size();
    }

    List<MemberState> members() {
        return members.copy();
    }

    int inFlightCount() {
        return inFlight.size();
    }

    int parkedCount() {
        return parkedEvents.size();
    }

    /** Read and not done, without the parked ones. */
    int heldCount() {
        return windows.values().stream().mapToInt(window -> window.heldEvents).sum();
    }

    boolean isCommitted() {
        return commits.isCommitted();
    }

    List<StreamPartition> partitions() {
        return new ArrayList<>(windows.keySet());
    }

    // the way of an event

    private void take(PartitionWindow window, StoredRecord stored) {
        EventRecord record = stored.record();
        long offset = stored.position().offset();
        window.progress.read(offset);
        if (!pattern.matches(record.topic()) || parkedEvents.holds(stored.position())) {
            window.freed(record.size());
            commits.finished(window, offset);
            return;
        }
        Entry entry = order.enter(stored.position(), window, record);
        entry.record = record;
        boolean surplus = entry.flow != null && parkedEvents.isFull(entry.flow);
        if (entry.flow != null) {
            entry.inFlow = true;
            entry.flow.held++;
        }
        if (!members.isEmpty() && (surplus || mustPark(entry))) {
            park(entry, 0);
        } else if (entry.isFirstOfLane()) {
            offers.fresh(entry);
        }
    }

    /** Whether an event that was just read has to wait in the parking, since its lane does. */
    private boolean mustPark(Entry entry) {
        Lane lane = entry.lane;
        if (lane == null || lane.head() == entry) {
            return false;
        }
        Entry head = lane.head();
        return lane.isBehindParked(entry) || (lane.size() > settings.laneEvents() && head != null && head.failures > 0);
    }

    private @Nullable Entry settle(MemberState member, long delivery) {
        Entry entry = inFlight.take(member, delivery);
        if (entry != null) {
            release(entry);
        }
        return entry;
    }

    private void takeBack(Entry entry) {
        inFlight.remove(entry);
        release(entry);
    }

    private void release(Entry entry) {
        MemberState member = entry.member;
        entry.member = null;
        if (member != null) {
            member.inFlight--;
            if (member.reserved && member.inFlight == 0) {
                member.reserved = false;
                members.consider(member);
            }
        }
    }

    private void failed(Entry entry, Duration requested, Cause cause) {
        entry.failures++;
        entry.cause = cause;
        if (entry.failures >= terms.retry().maxAttempts()) {
            bury(entry, "attempts");
            return;
        }
        long millis = requested.isZero() || requested.isNegative()
                ? jittered(terms.retry().delayAfter(entry.failures).toMillis())
                : requested.toMillis();
        if (millis > settings.parkAfter().toMillis()) {
            park(entry, clock.millis() + millis);
        } else {
            entry.state = Entry.State.WAITING;
            retries.add(entry, clock.nanoTime() + millis * 1_000_000);
        }
        if (entry.lane != null && entry.lane.head() == entry) {
            spill(entry.lane);
        }
    }

    /** Parks what waits in memory behind a failing event, beyond the bound, or all of it when that one is parked. */
    private void spill(Lane lane) {
        if (members.isEmpty()) {
            return;
        }
        int kept = lane.parked > 0 ? 1 : settings.laneEvents();
        int at = 0;
        for (Entry entry = lane.head(); entry != null; entry = entry.laneAfter) {
            if (at++ >= kept && entry.state == Entry.State.BEHIND) {
                park(entry, 0);
            }
        }
    }

    private void park(Entry entry, long dueMillis) {
        entry.state = Entry.State.PARKING;
        entry.dueMillis = dueMillis;
        if (entry.lane != null && !entry.parked) {
            entry.lane.parked++;
        }
        effects.park(entry);
    }

    private void notParked(Entry entry) {
        if (entry.lane != null && !entry.parked) {
            entry.lane.parked--;
        }
        long wait = Math.max(storageDelay(entry), entry.dueMillis - clock.millis());
        if (entry.isFirstOfLane()) {
            entry.state = Entry.State.WAITING;
            retries.add(entry, clock.nanoTime() + wait * 1_000_000);
        } else {
            entry.state = Entry.State.BEHIND;
        }
    }

    private void load(Entry entry) {
        entry.state = Entry.State.LOADING;
        effects.load(entry);
    }

    private void bury(Entry entry, String exhausted) {
        entry.state = Entry.State.BURYING;
        entry.exhausted = exhausted;
        effects.bury(entry);
    }

    private void done(Entry entry) {
        entry.state = Entry.State.DONE;
        if (entry.parked) {
            if (entry.lane != null) {
                entry.lane.parked--;
            }
            parkedEvents.remove(entry);
            effects.unpark(entry);
        } else {
            free(entry);
        }
        Entry next = order.leave(entry);
        if (next != null) {
            firstOfLane(next);
        }
    }

    /** The event leaves the window: done, or held by the parking. */
    private void free(Entry entry) {
        PartitionWindow window = entry.window;
        window.freed(entry.requireRecord().size());
        commits.finished(window, entry.position.offset());
        if (entry.inFlow && entry.flow != null) {
            entry.inFlow = false;
            entry.flow.held--;
        }
        while (!window.stash.isEmpty()
                && window.progress.reaches(window.stash.element().position().offset())) {
            take(window, window.stash.remove());
            parkedEvents.read(window);
        }
        topUp(window);
    }

    private void firstOfLane(Entry entry) {
        switch (entry.state) {
            case BEHIND -> offers.ready(entry, false);
            case PARKED -> parkedEvents.add(entry);
            case READY, OFFERED, WAITING, PARKING, LOADING, BURYING, DONE -> {}
        }
    }

    // turns

    private void turn() {
        if (paused || members.isEmpty()) {
            return;
        }
        parkedEvents.loadDue(clock);
        offers.offerAll();
    }

    /** Asks for more when a good part of the partition's share is free. */
    private void topUp(PartitionWindow window) {
        if (members.isEmpty() || window.dropped || !window.stash.isEmpty()) {
            return;
        }
        int partitions = Math.max(1, windows.size());
        if (window.heldEvents >= Math.max(1, settings.windowEvents() / partitions)) {
            return;
        }
        long share = Math.max(1, settings.windowBytes() / partitions);
        long room = share - window.heldBytes - window.demanded;
        if (room >= share / 4) {
            window.demanded += room;
            effects.request(window, room);
        }
    }

    private long jittered(long millis) {
        return millis + (long) (millis * JITTER * random.nextDouble());
    }

    private long storageDelay(Entry entry) {
        int shift = Math.min(entry.storageFailures++, MAX_STORAGE_RETRY_SHIFT);
        return STORAGE_RETRY.toMillis() << shift;
    }
}
