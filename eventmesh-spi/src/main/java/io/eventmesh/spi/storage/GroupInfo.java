package io.eventmesh.spi.storage;

import io.eventmesh.common.topic.SubscriptionName;
import java.util.List;
import java.util.Map;

/**
 * A group as the storage keeps it.
 *
 * @param name which
 * @param terms stored when it was made
 * @param progress for each partition it reads
 * @param lagEvents stored and not done
 * @param parked how many events are parked under it
 * @param cutOff whether it has lost its hold on old records (see {@link Capability#CUT_OFF})
 * @param paused whether it shall be offered nothing
 * @param gaps what it missed, newest last, at most the last hundred
 */
public record GroupInfo(
        SubscriptionName name,
        DeliveryTerms terms,
        Map<StreamPartition, Progress> progress,
        long lagEvents,
        long parked,
        boolean cutOff,
        boolean paused,
        List<Gap> gaps) {}
