package io.eventmesh.admin.schedule;

import java.time.Duration;

/**
 * Whether a leader may still prolong leases. Another may lead when the meta store is away, or when this process stood
 * still for a while and has yet to hear of it; then the database's word is needed that nobody began a later term, and it
 * holds for {@link Timing#confirmedNanos} after it was asked for: less than the grace after which another leader would
 * give a silent runtime's tasks away. For the leader's serial executor.
 */
final class Election {
    /** How often {@link #tick} is to be called. */
    static final Duration TICK = Duration.ofMillis(500);

    private final Timing timing;
    private long lastTick;
    private long doubtedAt;
    private long confirmedAt;
    private boolean suspended;
    private boolean doubted;

    Election(Timing timing, long now) {
        this.timing = timing;
        this.lastTick = now;
    }

    /** Leads anew: nothing is doubted. */
    void begin(long now) {
        suspended = false;
        doubted = false;
        confirmedAt = now;
        lastTick = now;
    }

    /** The meta store is away: another may be elected unseen. */
    void suspend(long now) {
        suspended = true;
        confirmedAt = now - timing.confirmedNanos() - 1;
    }

    boolean isSuspended() {
        return suspended;
    }

    /** Time goes on; when much of it went by unseen, the process stood still. */
    void tick(long now) {
        look(now);
        lastTick = now;
    }

    private void look(long now) {
        if (!doubted && now - lastTick > Math.max(timing.confirmedNanos(), 2 * TICK.toNanos())) {
            doubted = true;
            doubtedAt = now;
            confirmedAt = now - timing.confirmedNanos() - 1;
        }
    }

    /** Whether the database is to be asked for its term. */
    boolean isInDoubt() {
        return suspended || doubted;
    }

    /** The database was asked at this time, and knew no later term. */
    void confirmed(long asked) {
        confirmedAt = Math.max(confirmedAt, asked);
        if (doubted && asked >= doubtedAt) {
            doubted = false;
        }
    }

    /** Whether an answer to a report, which prolongs leases, may be given now. */
    boolean mayRenew(long now) {
        look(now);
        return !isInDoubt() || now - confirmedAt <= timing.confirmedNanos();
    }
}
