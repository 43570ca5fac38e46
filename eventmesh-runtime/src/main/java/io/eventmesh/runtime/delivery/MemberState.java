package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.RelayReceiver;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** A member as its group sees it. Part of one {@link GroupState}. */
final class MemberState {
    final Receiver receiver;
    final @Nullable TaskFence fence;
    final String client;

    /** Whether keys that it has in flight come to no other member. */
    final boolean keepsKeys;
    /** Told that events wait for credit, for a receiver that has credit elsewhere; null for one that has not. */
    final @Nullable RelayReceiver thrifty;
    /** Whether it is a member of another runtime, and here by its link. */
    final boolean relayed;
    /** Ready, and of keys that this member has in flight; in order. */
    final ArrayDeque<Entry> kept = new ArrayDeque<>();

    private long events;
    private long bytes;
    int inFlight;
    boolean gone;
    /** Gets nothing new until an event that must be offered alone has been settled. */
    boolean reserved;
    /** Whether it stands in the queue of those that may be offered something. */
    boolean queued;
    /** Whether it was told that events wait, and got no credit since. */
    boolean told;
    /** Gets nothing more and leaves when it has nothing in flight. */
    boolean finishing;

    MemberState(Receiver receiver, @Nullable TaskFence fence, String client) {
        this(receiver, null, false, fence, client);
    }

    MemberState(
            Receiver receiver,
            @Nullable RelayReceiver thrifty,
            boolean relayed,
            @Nullable TaskFence fence,
            String client) {
        this.receiver = receiver;
        this.thrifty = thrifty;
        this.relayed = relayed;
        this.fence = fence;
        this.client = client;
        this.keepsKeys = receiver.keepsKeys();
    }

    void credit(int moreEvents, long moreBytes) {
        if (finishing) {
            return;
        }
        told = false;
        events = saturated(events, moreEvents);
        bytes = saturated(bytes, moreBytes);
    }

    /**
     * What its loss says against each event that it had: two such make a suspect. A member that keeps keys cannot ack, so
     * that most of what it had was long processed, and to be offered alone would cost each of it seconds: it takes six.
     */
    int suspicionByLoss() {
        return keepsKeys ? 1 : Entry.SUSPECT / 2;
    }

    /** Takes back what is not used up. */
    void recall() {
        long backEvents = events;
        long backBytes = bytes;
        events = 0;
        bytes = 0;
        if (thrifty != null) {
            thrifty.returned(backEvents, backBytes);
        }
    }

    /** Tells it once that events wait, if it has no credit for them. */
    void wanting() {
        if (thrifty != null && !told && !finishing && !hasCredit()) {
            told = true;
            thrifty.wanting();
        }
    }

    /** How many events more it may be offered. */
    long creditEvents() {
        return events;
    }

    boolean hasCredit() {
        return events > 0 && bytes > 0;
    }

    void took(int size) {
        events--;
        bytes -= size;
        inFlight++;
    }

    private static long saturated(long have, long more) {
        long sum = have + Math.max(0, more);
        return sum < have ? Long.MAX_VALUE : sum;
    }
}
