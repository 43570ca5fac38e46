package io.eventmesh.admin.definition;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a write changed.
 *
 * @param resource {@code connectors/orders}
 * @param beforeRevision null when there was none
 * @param before what was there, as people write it; null for nothing
 * @param after what is there now; null for nothing
 * @param effects on what runs
 */
public record Change(
        String namespace,
        String resource,
        @Nullable Long beforeRevision,
        @Nullable Long afterRevision,
        @Nullable String before,
        @Nullable String after,
        List<Effect> effects,
        List<String> warnings) {

    /** What something that runs notices. */
    public record Effect(String what, Kind effect) {
        /** How it notices. */
        public enum Kind {
            /** It goes on and does as it is told now. */
            HOT,
            /** It is closed and opened again. */
            RESTART,
            /** It is given to some runtime. */
            REASSIGN,
            /** It ends. */
            STOP
        }
    }

    public Change {
        effects = List.copyOf(effects);
        warnings = List.copyOf(warnings);
    }

    /** Whether nothing was to be changed. */
    public boolean isNone() {
        return beforeRevision != null && beforeRevision.equals(afterRevision);
    }

    /** CREATE, UPDATE, DELETE or NONE. */
    public String action() {
        if (isNone()) {
            return "NONE";
        }
        return before == null ? "CREATE" : after == null ? "DELETE" : "UPDATE";
    }
}
