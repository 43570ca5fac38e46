package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.delivery.GroupEffects.Happening;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One group's deliveries as a pure state machine: events come in from its partitions ({@link Intake}), go to members
 * with credit ({@link Offers}), perhaps after a while ({@link Waiting}), and leave when they are acked, dead-lettered or
 * parked. The states of an event are those of {@link Entry}.
 *
 * <p>Threads, timers and storage are outside: the owner calls one method at a time, calls {@link #fire} not before
 * {@link #nextDueNanos}, and answers what was asked by {@link GroupEffects}. Receivers are called from inside and must
 * not call back before the call has returned.
 */
final class GroupState {
    private final Wanted wanted;
    private final GroupEffects effects;
    private final MeshClock clock;

    private final KeyOrder order;
    private final Members members = new Members();
    private final InFlight inFlight = new InFlight();
    private final Offers offers;
    private final Waiting waiting;
    private final Intake intake;
    private final Commits commits;

    /** Whether nothing more is offered: because it ends, or until an operator resumes it. */
    private boolean paused;

    private boolean ending;

    GroupState(Wanted wanted, LaneRule lanes, Surroundings around) {
        this.wanted = wanted;
        this.effects = around.effects();
        this.clock = around.clock();
        this.order = new KeyOrder(lanes);
        this.offers = new Offers(around, members, inFlight, wanted, this::isHeldBack);
        this.waiting = new Waiting(around, wanted, new WaysOn(), order::crowded);
        this.intake = new Intake(around, wanted, order, members, waiting, offers);
        this.commits = intake.commits();
    }

    // what the storage tells

    /** @param tickets what is parked of this partition, by position */
    void assigned(StreamPartition partition, long epoch, Progress progress, List<Parking.Ticket> tickets) {
        forget(partition);
        order.assigned();
        PartitionWindow window = intake.open(partition, epoch, progress);
        for (Parking.Ticket ticket : tickets) {
            waiting.restore(order.enter(ticket.position(), window, ticket.lane()), ticket);
        }
        turn();
        intake.topUp(window);
    }

    void revoked(StreamPartition partition, long epoch) {
        if (intake.find(partition, epoch) != null) {
            forget(partition);
            turn();
            intake.topUpAll();
        }
    }

    /**
     * The partition is about to be given up: nothing more of it is offered, and what comes back without having been done
     * waits for the next owner. Null when it is not this epoch's.
     */
    @Nullable
    PartitionWindow releasing(StreamPartition partition, long epoch) {
        PartitionWindow window = intake.find(partition, epoch);
        if (window != null) {
            window.releasing = true;
        }
        return window;
    }

    /** Stores what is done of the partition and not stored yet. */
    void commit(PartitionWindow window) {
        commits.commit(window);
    }

    private void forget(StreamPartition partition) {
        PartitionWindow window = intake.close(partition);
        if (window == null) {
            return;
        }
        for (Entry entry : inFlight.all(entry -> entry.window == window)) {
            takeBack(entry);
        }
        waiting.drop(window);
        order.drop(window).forEach(this::firstOfLane);
    }

    void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
        PartitionWindow window = intake.find(partition, epoch);
        if (window != null && !window.releasing) {
            intake.records(window, records);
            turn();
            intake.topUp(window);
        }
    }

    void gap(Gap gap) {
        intake.gap(gap);
    }

    // what members do

    void join(MemberState member) {
        members.add(member);
        intake.topUpAll();
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
        offers.leave(member);
        List<Entry> unsettled = inFlight.all(entry -> entry.member == member);
        for (int i = unsettled.size() - 1; i >= 0; i--) {
            Entry entry = unsettled.get(i);
            takeBack(entry);
            entry.suspicion += lost ? member.suspicionByLoss() : 0;
            effects.count(Happening.LOST);
            if (single) {
                entry.failures++;
                entry.cause = Cause.memberLost();
            }
            if (entry.failures >= wanted.maxAttempts()) {
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
        members.spent(member);
        turn();
    }

    /** Takes back what is not used up of the member's credit. */
    void recall(MemberState member) {
        member.recall();
        members.spent(member);
        turn();
    }

    void ack(MemberState member, long delivery) {
        if (isAcked(member, delivery)) {
            turn();
        }
    }

    void ackAll(MemberState member, long[] deliveries) {
        boolean any = false;
        for (long delivery : deliveries) {
            any |= isAcked(member, delivery);
        }
        if (any) {
            turn();
        }
    }

    /** Takes an ack; false when there is nothing to ack. */
    private boolean isAcked(MemberState member, long delivery) {
        Entry entry = settle(member, delivery);
        if (entry == null) {
            return false;
        }
        effects.count(Happening.ACKED);
        done(entry);
        return true;
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

    /** As {@link OwnMember#again}. */
    void again(MemberState member, long delivery, Duration delay, Cause cause, int attempts) {
        Entry entry = settle(member, delivery);
        if (entry != null) {
            effects.count(Happening.RELEASED);
            entry.failures = attempts;
            entry.cause = cause;
            later(entry, delay);
            turn();
        }
    }

    /** As {@link OwnMember#bury}. */
    void bury(MemberState member, long delivery, Burial burial) {
        Entry entry = settle(member, delivery);
        if (entry != null) {
            effects.count(Happening.REJECTED);
            entry.cause = burial.cause();
            entry.burial = burial;
            bury(entry, burial.exhausted());
            turn();
        }
    }

    /** As {@link OwnMember#hasten}. */
    void hasten(String flow) {
        waiting.hasten(flow);
        turn();
    }

    // what operators do

    /**
     * New terms hold from the next offer on, for what is read and for what is parked. What is in flight has no longer
     * than the new ack timeout from now; what stands in a lane stays there.
     */
    void alter(DeliveryTerms terms, LaneRule lanes, EventFilter filter) {
        wanted.alter(terms, filter);
        order.rule(lanes);
        inFlight.cap(clock.nanoTime() + wanted.ackTimeoutNanos());
        turn();
    }

    /** Offers nothing more, for good; what is in flight may still be settled. */
    void pause() {
        ending = true;
        paused = true;
    }

    /** Offers nothing as long as it is suspended; what is in flight may still be settled. */
    void suspend(boolean suspended) {
        paused = ending || suspended;
        turn();
    }

    /** Knows nothing of its partitions any more; what was in flight is nobody's. */
    void forgetAll() {
        partitions().forEach(this::forget);
    }

    /** Stores what is done and not stored yet. */
    void commitNow() {
        commits.commitAll();
    }

    // what was asked for is answered

    void parked(Entry entry, @Nullable EventMeshException failure) {
        if (!entry.window.dropped) {
            waiting.parked(entry, failure);
            turn();
        }
    }

    void loaded(Entry entry, @Nullable EventRecord record, @Nullable EventMeshException failure) {
        if (!entry.window.dropped) {
            waiting.loaded(entry, record, failure);
            turn();
        }
    }

    void buried(Entry entry, @Nullable EventMeshException failure) {
        entry.window.storing--;
        if (entry.window.dropped) {
            return;
        }
        if (failure == null) {
            effects.count(Happening.DEAD_LETTERED);
            done(entry);
        } else {
            waiting.storageRefused(entry);
        }
        turn();
    }

    void committed(PartitionWindow window, @Nullable EventMeshException failure) {
        commits.committed(window, failure);
    }

    // time

    /** When {@link #fire} has something to do, at the latest; {@link Long#MAX_VALUE} for never. */
    long nextDueNanos() {
        Entry oldest = inFlight.oldest();
        long due = oldest == null ? Long.MAX_VALUE : oldest.timeoutNanos;
        due = Math.min(due, waiting.nextRetryNanos());
        due = Math.min(due, commits.nextDueNanos());
        return paused || members.isEmpty() ? due : Math.min(due, waiting.nextLoadNanos());
    }

    void fire() {
        long now = clock.nanoTime();
        for (Entry entry = inFlight.oldest();
                entry != null && entry.timeoutNanos - now <= 0;
                entry = inFlight.oldest()) {
            takeBack(entry);
            effects.count(Happening.TIMED_OUT);
            failed(
                    entry,
                    Duration.ZERO,
                    Cause.timedOut(wanted.terms().ackTimeout().toMillis()));
        }
        waiting.fire(now);
        commits.fire(now);
        turn();
    }

    // what the owner asks

    int memberCount() {
        return members.size();
    }

    /** Without those that are attached to other runtimes themselves. */
    int ownMemberCount() {
        return members.own();
    }

    List<MemberState> members() {
        return members.copy();
    }

    /** What those have that are attached to other runtimes themselves. */
    Group.Relayed relayed() {
        int count = 0;
        long credit = 0;
        int offered = 0;
        for (MemberState member : members) {
            if (member.relayed) {
                count++;
                credit += member.creditEvents();
                offered += member.inFlight;
            }
        }
        return new Group.Relayed(count, credit, offered);
    }

    int inFlightCount() {
        return inFlight.size();
    }

    int parkedCount() {
        return waiting.parkedCount();
    }

    /** Read and not done, without the parked ones. */
    int heldCount() {
        return intake.heldCount();
    }

    boolean isCommitted() {
        return commits.isCommitted();
    }

    List<StreamPartition> partitions() {
        return intake.partitions();
    }

    // the way of an event

    private void turn() {
        if (!paused && !members.isEmpty()) {
            waiting.loadDue();
            offers.offerAll();
        }
    }

    /** Whether an event whose turn it is is not offered after all; then it goes elsewhere. */
    private boolean isHeldBack(Entry entry) {
        EventRecord record = entry.requireRecord();
        if (entry.judgedBy != wanted.filter()) {
            entry.judgedBy = wanted.filter();
            if (!wanted.passes(record)) {
                effects.count(Happening.FILTERED);
                done(entry);
                return true;
            }
        }
        long expiry = record.event().expiryMillis();
        if (expiry != Long.MAX_VALUE && expiry <= clock.millis() && !DeadLetter.isOne(record)) {
            effects.count(Happening.EXPIRED);
            entry.cause = Cause.expired(expiry);
            bury(entry, "expired");
            return true;
        }
        return false;
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
        entry.window.offered--;
        offers.settled(entry);
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
        if (entry.failures >= wanted.maxAttempts()) {
            bury(entry, "attempts");
            return;
        }
        boolean byPolicy = requested.isZero() || requested.isNegative();
        later(entry, byPolicy ? waiting.delay(entry) : requested);
    }

    private void later(Entry entry, Duration delay) {
        if (entry.window.releasing) {
            entry.state = Entry.State.WAITING;
            return;
        }
        waiting.again(entry, delay);
        if (entry.lane != null && entry.lane.head() == entry && !members.isEmpty()) {
            waiting.spill(entry.lane);
        }
    }

    private void bury(Entry entry, String exhausted) {
        entry.exhausted = exhausted;
        waiting.bury(entry);
    }

    private void done(Entry entry) {
        entry.state = Entry.State.DONE;
        if (entry.parked) {
            waiting.remove(entry);
            intake.topUpAfter(entry.window);
        } else {
            intake.free(entry);
            if (entry.maybeParked) {
                effects.unpark(entry);
            }
        }
        Entry next = order.leave(entry);
        if (next != null) {
            firstOfLane(next);
        }
    }

    private void firstOfLane(Entry entry) {
        switch (entry.state) {
            case BEHIND -> offers.ready(entry, false);
            case PARKED -> waiting.firstOfLane(entry);
            case READY, OFFERED, WAITING, PARKING, LOADING, BURYING, DONE -> {}
        }
    }

    private final class WaysOn implements Waiting.Ways {
        @Override
        public void ready(Entry entry) {
            offers.ready(entry, false);
        }

        @Override
        public void parked(Entry entry) {
            intake.free(entry);
        }

        @Override
        public void gone(Entry entry) {
            done(entry);
        }
    }
}
