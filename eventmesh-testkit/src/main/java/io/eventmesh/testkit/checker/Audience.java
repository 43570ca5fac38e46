package io.eventmesh.testkit.checker;

import java.util.function.Predicate;

/**
 * What a group is to get.
 *
 * @param wants which events; what it does not want must not reach it
 * @param since events that were sent before may or may not reach it
 * @param ordered whether it is kept in order per key
 * @param maxAttempts offers before an event may go to the dead letter unrejected; the last one need not have been seen,
 *     since it may be lost with its member
 */
public record Audience(
        String group, Predicate<Observation.Sending> wants, long since, boolean ordered, int maxAttempts) {
    /** An ordered group that wants everything from the beginning. */
    public static Audience ofAll(String group) {
        return new Audience(group, sent -> true, Long.MIN_VALUE, true, Integer.MAX_VALUE);
    }
}
