package io.eventmesh.runtime.connector;

/**
 * How long a task may go on without hearing that it is still its own: counted on the monotonic clock from the moment at
 * which the renewed report was sent. For two thirds of the lease it works; then it holds still and keeps its buffers;
 * when the lease is over, it is not its own any more.
 *
 * <p>Renewals only move it forward. Written by one thread, read by any.
 */
final class TaskLease {
    private volatile long fromNanos;
    private volatile long lengthNanos;

    TaskLease(long fromNanos, long lengthNanos) {
        this.fromNanos = fromNanos;
        this.lengthNanos = lengthNanos;
    }

    void renew(long from, long length) {
        if (from - fromNanos > 0) {
            fromNanos = from;
        }
        lengthNanos = length;
    }

    /** Counts anew from a moment at which nobody else can have been given the task. */
    void renew(long from) {
        renew(from, lengthNanos);
    }

    /** Whether the task may poll, publish and ack. */
    boolean works(long now) {
        return now - fromNanos < lengthNanos / 3 * 2;
    }

    /** Whether the task is still its own. */
    boolean holds(long now) {
        return now - fromNanos < lengthNanos;
    }

    /** Whether a renewal has been away for so long that it is worth asking whether anybody leads. */
    boolean isOld(long now) {
        return now - fromNanos >= lengthNanos / 3;
    }
}
