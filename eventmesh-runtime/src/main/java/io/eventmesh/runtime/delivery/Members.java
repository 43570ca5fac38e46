package io.eventmesh.runtime.delivery;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A group's members, those with credit taking turns. Part of one {@link GroupState}. */
final class Members implements Iterable<MemberState> {
    private final Set<MemberState> all = new LinkedHashSet<>();
    private final ArrayDeque<MemberState> turns = new ArrayDeque<>();
    private int thrifty;
    private int relayed;
    /** Whether one of them may have run out of credit since they were told last. */
    private boolean shortOfCredit;

    void add(MemberState member) {
        if (all.add(member)) {
            count(member, 1);
        }
        consider(member);
    }

    /** Answers false when it was gone already. */
    boolean remove(MemberState member) {
        member.gone = true;
        boolean was = all.remove(member);
        if (was) {
            count(member, -1);
        }
        return was;
    }

    private void count(MemberState member, int by) {
        shortOfCredit = true;
        thrifty += member.thrifty == null ? 0 : by;
        relayed += member.relayed ? by : 0;
    }

    /** Without those of other runtimes. */
    int own() {
        return all.size() - relayed;
    }

    /** The member may have run out of credit. */
    void spent(MemberState member) {
        shortOfCredit |= member.thrifty != null && !member.hasCredit();
    }

    /** There are events to offer: whoever has no credit for them here, and may have some elsewhere, is told. */
    void wanting() {
        if (thrifty > 0 && shortOfCredit) {
            shortOfCredit = false;
            all.forEach(MemberState::wanting);
        }
    }

    int size() {
        return all.size();
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** Gives the member a turn if it may be offered something. */
    void consider(MemberState member) {
        if (!member.queued && mayTake(member)) {
            member.queued = true;
            turns.add(member);
        }
    }

    /** Gives a turn back that came to nothing: it is still this member's. */
    void returnTurn(MemberState member) {
        if (!member.queued && mayTake(member)) {
            member.queued = true;
            turns.addFirst(member);
        }
    }

    /** Whose turn it is; the caller offers it one event and gives it back by {@link #consider}. */
    @Nullable
    MemberState next() {
        while (true) {
            MemberState member = turns.poll();
            if (member == null) {
                return null;
            }
            member.queued = false;
            if (mayTake(member)) {
                return member;
            }
        }
    }

    /** The member that has least in flight among those with credit, to be offered something alone. */
    @Nullable
    MemberState calmest() {
        MemberState calmest = null;
        for (MemberState member : all) {
            if (mayTake(member) && (calmest == null || member.inFlight < calmest.inFlight)) {
                calmest = member;
            }
        }
        return calmest;
    }

    List<MemberState> copy() {
        return new ArrayList<>(all);
    }

    @Override
    public Iterator<MemberState> iterator() {
        return all.iterator();
    }

    static boolean mayTake(MemberState member) {
        return !member.gone && !member.reserved && member.hasCredit();
    }
}
