package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.Desired;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What a change of a connector is, and what its tasks notice. */
public final class ConnectorChanges {
    private ConnectorChanges() {}

    static Change of(@Nullable ConnectorRow before, @Nullable ConnectorRow after) {
        ConnectorRow any = Objects.requireNonNull(after == null ? before : after);
        return new Change(
                any.namespace(),
                "connectors/" + any.name(),
                before == null ? null : before.revision(),
                after == null ? null : after.revision(),
                before == null ? null : document(before),
                after == null ? null : document(after),
                effects(before, after),
                warnings(before, after));
    }

    private static List<Change.Effect> effects(@Nullable ConnectorRow before, @Nullable ConnectorRow after) {
        int had = before == null ? 0 : before.tasksMax();
        int has = after == null ? 0 : after.tasksMax();
        List<Change.Effect> effects = new ArrayList<>();
        for (int ordinal = 0; ordinal < Math.max(had, has); ordinal++) {
            String what = "task/" + ordinal;
            if (ordinal >= has) {
                effects.add(new Change.Effect(what, Change.Effect.Kind.STOP));
            } else if (ordinal >= had) {
                effects.add(new Change.Effect(what, Change.Effect.Kind.REASSIGN));
            } else if (before != null && after != null && before.configRev() != after.configRev()) {
                effects.add(new Change.Effect(what, Change.Effect.Kind.RESTART));
            } else if (before != null && after != null && before.desired() != after.desired()) {
                boolean stops = after.desired() == Desired.STOPPED;
                effects.add(new Change.Effect(what, stops ? Change.Effect.Kind.STOP : Change.Effect.Kind.HOT));
            }
        }
        return effects;
    }

    private static List<String> warnings(@Nullable ConnectorRow before, @Nullable ConnectorRow after) {
        List<String> warnings = new ArrayList<>();
        if (after != null && !after.invalid().isEmpty()) {
            warnings.add("stored although " + after.invalid());
        }
        if (before == null || before.kind().equals("SINK")) {
            return warnings;
        }
        if (after == null) {
            warnings.add("its source positions are removed: one of the same name begins anew");
        } else if (after.tasksMax() < before.tasksMax()) {
            warnings.add("positions of tasks from %d on are kept and not read".formatted(after.tasksMax()));
        }
        return warnings;
    }

    /** What a person writes to have it as it is. */
    static String document(ConnectorRow row) {
        ObjectNode document = Json.object();
        document.set("metadata", Heading.document(row.name(), row.namespace(), row.labels()));
        document.set("spec", spec(row));
        return document.toString();
    }

    /** What is wanted of it, as people write it. */
    public static ObjectNode spec(ConnectorRow row) {
        ObjectNode spec = Json.object()
                .put("plugin", row.plugin())
                .put("kind", row.kind())
                .put("topic", row.topic())
                .put("tasksMax", row.tasksMax())
                .put("desired", row.desired().name());
        if (!row.pluginVersion().isEmpty()) {
            spec.put("pluginVersion", row.pluginVersion());
        }
        if (!row.placement().equals("{}")) {
            spec.set("placement", Json.stored(row.placement()));
        }
        spec.setAll((ObjectNode) Json.stored(row.handling()));
        if (row.drainMillis() > 0) {
            spec.put("drainTimeout", Duration.ofMillis(row.drainMillis()).toString());
        }
        spec.set("config", Json.stored(row.config()));
        return spec;
    }
}
