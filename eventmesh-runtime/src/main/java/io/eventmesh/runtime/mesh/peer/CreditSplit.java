package io.eventmesh.runtime.mesh.peer;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One member's credit, divided among the runtimes that may deliver to it. What all of them have together and what nobody
 * has yet is always what the member granted and did not get: see {@link #events} and {@link #bytes}.
 *
 * <p>Each gets an even part beforehand, so that an event need not wait for credit to travel. One that runs out says so and
 * gets of what is left over; when nothing is, the others give back what they have not used, so that none is stranded.
 * One that gave back all it was given gets nothing more beforehand until it asks. Not thread-safe.
 */
final class CreditSplit {
    /** Where credit goes. Called from inside; must not call back before the call has returned. */
    interface Tap {
        void grant(int events, long bytes);

        /** To be answered by {@link CreditSplit#returned}. */
        void recall();
    }

    /** What one runtime has. */
    static final class Share {
        private final Tap tap;
        private long events;
        private long bytes;
        /** Ran out, and something waits there. */
        private boolean wanting;

        private boolean recalled;
        /** Whether something was delivered since the last recall. */
        private boolean used;
        /** Whether it had no use for what it was given. */
        private boolean idle;

        private Share(Tap tap) {
            this.tap = tap;
        }
    }

    private final List<Share> shares = new ArrayList<>();
    private final ArrayDeque<Share> wanting = new ArrayDeque<>();
    /** What nobody has. */
    private long events;

    private long bytes;

    /** Not yet delivered, wherever it is. */
    long events() {
        return shares.stream().mapToLong(share -> share.events).sum() + events;
    }

    /** Not yet delivered, wherever it is; below zero when overdrawn. */
    long bytes() {
        long sum = bytes;
        for (Share share : shares) {
            sum = plus(sum, share.bytes);
        }
        return sum;
    }

    Share open(Tap tap) {
        Share share = new Share(tap);
        shares.add(share);
        spread();
        return share;
    }

    /** It delivers nothing more: what it had is free again. */
    void close(Share share) {
        if (shares.remove(share)) {
            wanting.remove(share);
            add(share.events, share.bytes);
        }
    }

    /** More is granted, or comes back. */
    void add(long moreEvents, long moreBytes) {
        events = plus(events, moreEvents);
        bytes = plus(bytes, moreBytes);
        spread();
    }

    void delivered(Share share, int size) {
        share.used = true;
        share.events--;
        share.bytes -= size;
    }

    /** Something waits there that it has no credit for. */
    void wanting(Share share) {
        share.idle = false;
        boolean onItsWay = share.events > 0 && share.bytes > 0;
        if (!onItsWay && !share.wanting) {
            share.wanting = true;
            wanting.add(share);
            spread();
        }
    }

    /** The answer to a recall. */
    void returned(Share share, long backEvents, long backBytes) {
        share.recalled = false;
        share.idle = !share.used && !share.wanting;
        share.used = false;
        share.events -= backEvents;
        share.bytes = minus(share.bytes, backBytes);
        add(backEvents, backBytes);
    }

    private void spread() {
        if (shares.size() == 1) {
            Share only = shares.get(0);
            give(only, events, bytes);
            unwantIfServed(only);
            return;
        }
        long busy = Math.max(1, shares.stream().filter(share -> !share.idle).count());
        long fairEvents = events() / busy;
        long fairBytes = Math.max(1, bytes() / busy);
        for (Share next = servable(); next != null; next = servable()) {
            long leastEvents = next.events > 0 ? 0 : 1;
            long leastBytes = next.bytes > 0 ? 0 : minus(1, next.bytes);
            give(
                    next,
                    Math.max(leastEvents, fairEvents - next.events),
                    Math.max(leastBytes, minus(fairBytes, next.bytes)));
            if (!unwantIfServed(next)) {
                break;
            }
        }
        for (Share share : shares) {
            if (isLeft() && !share.idle && !share.recalled) {
                topUp(share, fairEvents, fairBytes);
            }
        }
        if (!wanting.isEmpty()) {
            recall();
        }
    }

    /** The first that waits and, with what is left over, would have events and bytes: one of both may be there already. */
    private @Nullable Share servable() {
        for (Share share : wanting) {
            if ((events > 0 || share.events > 0) && (bytes > 0 || share.bytes > 0)) {
                return share;
            }
        }
        return null;
    }

    /** It said so once, and says it again only after it got some: until it has enough to go on it is not forgotten. */
    private boolean unwantIfServed(Share share) {
        boolean served = share.events > 0 && share.bytes > 0;
        if (served && share.wanting) {
            share.wanting = false;
            wanting.remove(share);
        }
        return served;
    }

    private void topUp(Share share, long fairEvents, long fairBytes) {
        boolean few = share.events <= fairEvents / 2 || share.bytes <= fairBytes / 2;
        if (few && fairEvents > 0) {
            give(share, Math.max(0, fairEvents - share.events), Math.max(0, minus(fairBytes, share.bytes)));
        }
    }

    private void recall() {
        boolean comes = false;
        for (Share share : shares) {
            comes |= share.recalled || (!share.wanting && recall(share));
        }
        if (!comes) {
            // what there is lies with those that wait, events with one and bytes with the other
            shares.forEach(this::recall);
        }
    }

    private boolean recall(Share share) {
        boolean hasSome = share.events > 0 || share.bytes > 0;
        if (hasSome && !share.recalled) {
            share.recalled = true;
            share.tap.recall();
        }
        return hasSome;
    }

    private boolean isLeft() {
        return events > 0 && bytes > 0;
    }

    private void give(Share share, long wantedEvents, long wantedBytes) {
        int gotEvents = (int) Math.max(0, Math.min(Integer.MAX_VALUE, Math.min(events, wantedEvents)));
        long gotBytes = Math.max(0, Math.min(bytes, wantedBytes));
        if (gotEvents == 0 && gotBytes == 0) {
            return;
        }
        events -= gotEvents;
        bytes -= gotBytes;
        share.events += gotEvents;
        share.bytes = plus(share.bytes, gotBytes);
        share.tap.grant(gotEvents, gotBytes);
    }

    /** Bounded, since who does not count bytes grants as many as there are. */
    private static long plus(long one, long other) {
        long sum = one + other;
        return other > 0 && sum < one ? Long.MAX_VALUE : sum;
    }

    private static long minus(long one, long other) {
        return other < 0 ? plus(one, -other) : one - other;
    }
}
