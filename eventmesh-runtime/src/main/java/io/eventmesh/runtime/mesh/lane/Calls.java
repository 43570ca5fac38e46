package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.time.MeshClock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a lane has on its way to its target. Belongs to the lane, but for {@link #events}. */
final class Calls {
    /** One call; known by its identity. */
    static final class Call {
        private final List<Offer> offers;
        private final Route route;
        private final long begunNanos;
        private final long untilNanos;

        private Call(List<Offer> offers, Route route, long begunNanos, long untilNanos) {
            this.offers = offers;
            this.route = route;
            this.begunNanos = begunNanos;
            this.untilNanos = untilNanos;
        }

        List<Offer> offers() {
            return offers;
        }

        long begunNanos() {
            return begunNanos;
        }
    }

    private final MeshClock clock;
    /** The oldest first. */
    private final Set<Call> open = new LinkedHashSet<>();

    private volatile int events;

    Calls(MeshClock clock) {
        this.clock = clock;
    }

    /** @param bound after which it is taken for lost */
    Call begin(List<Offer> offers, Route route, Duration bound) {
        long now = clock.nanoTime();
        Call call = new Call(offers, route, now, now + bound.toNanos());
        open.add(call);
        route.begun();
        count(offers.size());
        return call;
    }

    /** Answers false when it had ended before. */
    boolean end(Call call) {
        if (!open.remove(call)) {
            return false;
        }
        call.route.ended();
        count(-call.offers.size());
        return true;
    }

    private void count(int by) {
        int sum = events + by;
        events = sum;
    }

    /** One that is taken for lost. */
    @Nullable
    Call late() {
        if (open.isEmpty()) {
            return null;
        }
        long now = clock.nanoTime();
        Call oldest = open.iterator().next();
        return oldest.untilNanos - now <= 0 ? oldest : null;
    }

    /** After how long there may be one that is taken for lost. */
    long turnInNanos() {
        return open.isEmpty() ? Long.MAX_VALUE : open.iterator().next().untilNanos - clock.nanoTime();
    }

    boolean isEmpty() {
        return open.isEmpty();
    }

    int count() {
        return open.size();
    }

    /** How many events are on their way. Any thread may ask. */
    int events() {
        return events;
    }
}
