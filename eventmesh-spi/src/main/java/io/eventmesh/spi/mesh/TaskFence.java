package io.eventmesh.spi.mesh;

/**
 * The right under which a task speaks: the pair (term, epoch) given by the admin. A pair is compared by term first.
 *
 * @param task the task's id
 * @param term the admin leadership that gave the right
 * @param epoch raised whenever the task changes owner
 */
public record TaskFence(String task, long term, long epoch) {
    /** Whether this right came after the other one, which must be of the same task. */
    public boolean isNewerThan(TaskFence other) {
        return term != other.term ? term > other.term : epoch > other.epoch;
    }
}
