package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.runtime.delivery.GroupEffects.Happening;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.storage.EventRecord;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What is ready to be offered, and to whom it goes. Part of one {@link GroupState}. */
final class Offers {
    private final Members members;
    private final InFlight inFlight;
    private final Wanted wanted;
    private final Predicate<Entry> heldBack;
    private final GroupEffects effects;
    private final MeshClock clock;

    /** Never offered, in the order in which they were read. */
    private final ArrayDeque<Entry> fresh = new ArrayDeque<>();
    /** To be offered before the fresh ones: older, or waited for by others of their lane. */
    private final ArrayDeque<Entry> again = new ArrayDeque<>();
    /** To be offered only to a member that has nothing else in flight. */
    private final ArrayDeque<Entry> alone = new ArrayDeque<>();

    private final KeptKeys keptKeys = new KeptKeys();
    /** Members for which something is kept may have credit by now. */
    private int kept;

    /** The member that runs empty, to be offered an event alone. */
    private @Nullable MemberState emptying;

    /** @param heldBack asked before each offer; takes the entry elsewhere when it says yes */
    Offers(Surroundings around, Members members, InFlight inFlight, Wanted wanted, Predicate<Entry> heldBack) {
        this.effects = around.effects();
        this.clock = around.clock();
        this.members = members;
        this.inFlight = inFlight;
        this.wanted = wanted;
        this.heldBack = heldBack;
    }

    /** An event that was just read. */
    void fresh(Entry entry) {
        entry.state = Entry.State.READY;
        fresh.add(entry);
    }

    /** An event that may be offered now, perhaps not for the first time. */
    void ready(Entry entry, boolean first) {
        entry.state = Entry.State.READY;
        ArrayDeque<Entry> queue = entry.suspicion >= Entry.SUSPECT ? alone : again;
        if (first) {
            queue.addFirst(entry);
        } else {
            queue.add(entry);
        }
    }

    /** Offers as much as members have credit for. */
    void offerAll() {
        if (!alone.isEmpty()) {
            offerAlone();
        }
        long now = clock.nanoTime();
        if (kept > 0) {
            offerKept(now);
        }
        if (again.isEmpty() && fresh.isEmpty()) {
            return;
        }
        offerReady(now);
        members.wanting();
    }

    private void offerReady(long now) {
        while (true) {
            MemberState member = members.next();
            if (member == null) {
                return;
            }
            Entry entry = nextReady();
            if (entry == null) {
                members.returnTurn(member);
                return;
            }
            MemberState keeper = keptKeys.keeper(entry);
            if (keeper == null || keeper == member) {
                offer(entry, member, now);
                members.consider(member);
            } else {
                members.returnTurn(member);
                offerOrKeep(entry, keeper, now);
            }
        }
    }

    private void offerOrKeep(Entry entry, MemberState keeper, long now) {
        if (keeper.kept.isEmpty() && Members.mayTake(keeper)) {
            offer(entry, keeper, now);
        } else {
            keptKeys.taken(entry, keeper);
            keeper.kept.add(entry);
            kept++;
            keeper.wanting();
        }
    }

    private void offerKept(long now) {
        for (MemberState member : members) {
            while (!member.kept.isEmpty() && Members.mayTake(member)) {
                Entry entry = member.kept.remove();
                kept--;
                if (entry.window.isGone() || heldBack.test(entry)) {
                    keptKeys.settled(entry);
                } else {
                    offer(entry, member, now);
                }
            }
            if (!member.kept.isEmpty()) {
                member.wanting();
            }
        }
    }

    /** The entry is with no member any more. */
    void settled(Entry entry) {
        keptKeys.settled(entry);
    }

    /** What was kept for a member that has left is offered to others, before what came later. */
    void leave(MemberState member) {
        List<Entry> left = keptKeys.leave(member);
        kept -= left.size();
        for (int i = left.size() - 1; i >= 0; i--) {
            ready(left.get(i), true);
        }
    }

    private @Nullable Entry nextReady() {
        while (true) {
            Entry entry = again.poll();
            if (entry == null) {
                entry = fresh.poll();
            }
            if (entry == null) {
                return null;
            }
            // one that is held back may make another one ready
            if (!entry.window.isGone() && !heldBack.test(entry)) {
                return entry;
            }
        }
    }

    private void offerAlone() {
        while (!alone.isEmpty()) {
            Entry entry = alone.element();
            if (entry.window.isGone()) {
                alone.remove();
                continue;
            }
            if (emptying != null && emptying.reserved && !emptying.gone) {
                return;
            }
            MemberState keeper = keptKeys.keeper(entry);
            MemberState member = keeper == null ? members.calmest() : Members.mayTake(keeper) ? keeper : null;
            emptying = member;
            if (member == null) {
                members.wanting();
                return;
            }
            member.reserved = true;
            if (member.inFlight > 0) {
                return;
            }
            emptying = null;
            alone.remove();
            if (heldBack.test(entry)) {
                member.reserved = false;
                members.consider(member);
                continue;
            }
            offer(entry, member, clock.nanoTime());
        }
    }

    private void offer(Entry entry, MemberState member, long now) {
        EventRecord record = entry.requireRecord();
        entry.state = Entry.State.OFFERED;
        entry.member = member;
        entry.timeoutNanos = now + wanted.ackTimeoutNanos();
        entry.offers++;
        if (entry.firstOfferMillis == 0) {
            entry.firstOfferMillis = clock.millis();
        }
        keptKeys.taken(entry, member);
        inFlight.add(entry);
        entry.window.offered++;
        member.took(record.event().size());
        members.spent(member);
        effects.count(entry.offers == 1 ? Happening.DELIVERED : Happening.REDELIVERED);
        member.receiver.deliver(new Delivery(entry.deliveryId, entry.position, record, wanted.attempt(entry)));
    }
}
