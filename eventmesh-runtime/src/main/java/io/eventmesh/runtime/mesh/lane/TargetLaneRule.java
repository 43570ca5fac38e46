package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.spi.storage.EventRecord;
import org.jspecify.annotations.Nullable;

/** A flow for each target, and within it order by key. */
final class TargetLaneRule implements LaneRule {
    /** Stands between target and key; neither a rule's nor a target's name has it. */
    private static final char BETWEEN = '\n';

    @Override
    public String lane(EventRecord record) {
        String target = record.target() == null ? "" : record.target();
        return record.key() == null ? target : target + BETWEEN + record.key();
    }

    @Override
    public boolean isOrdered(String lane) {
        return lane.indexOf(BETWEEN) >= 0;
    }

    @Override
    public @Nullable String flow(@Nullable String lane) {
        if (lane == null) {
            return null;
        }
        int end = lane.indexOf(BETWEEN);
        return end < 0 ? lane : lane.substring(0, end);
    }
}
