package io.eventmesh.spi.mesh;

import java.util.List;

/**
 * A subscription with how far it is.
 *
 * @param paused whether it is offered nothing until it is resumed
 * @param oldestAppendMillis when the oldest event that is not done was appended, wall time; 0 when all is done
 * @param lagMillis the age of that event; 0 when all is done
 * @param places its partitions, in order
 */
public record SubscriptionDetail(
        SubscriptionStatus status, boolean paused, long oldestAppendMillis, long lagMillis, List<GroupPlace> places) {}
