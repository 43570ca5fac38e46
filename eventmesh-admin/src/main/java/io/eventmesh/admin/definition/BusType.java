package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable;
import io.eventmesh.admin.database.DefinitionTable.Use;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.BusLayout;
import io.eventmesh.rules.spec.BusSpec;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.Section;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Buses. The one called {@code default} is there in every namespace, written or not. */
final class BusType implements Definition<BusSpec> {
    /** What was stored under a former layout is judged by then, or beyond retention. */
    private static final Duration LAYOUT_KEPT = Duration.ofDays(7);

    @Override
    public DefinitionKind kind() {
        return DefinitionKind.BUS;
    }

    @Override
    public ErrorCode refusal() {
        return ErrorCode.REQUEST_INVALID;
    }

    @Override
    public BusSpec parse(Section spec) {
        return BusSpec.read(spec);
    }

    @Override
    public void require(Handle handle, DefinitionRow row, BusSpec spec, List<Field> problems) {
        if (!spec.patterns().isEmpty()) {
            return;
        }
        Set<String> bare = new TreeSet<>();
        for (String user : DefinitionTable.users(handle, DefinitionKind.BUS, row.namespace(), row.name())) {
            DefinitionTable.find(handle, DefinitionKind.RULE, row.namespace(), user)
                    .filter(rule -> Json.stored(rule.spec()).path("patterns").isEmpty())
                    .ifPresent(rule -> bare.add(user));
        }
        if (!bare.isEmpty()) {
            problems.add(new Field(
                    "/spec/patterns",
                    "empty (expected: one at least, since rules name none: %s)"
                            .formatted(Names.shown(bare.toString()))));
        }
    }

    @Override
    public ObjectNode stored(BusSpec spec) {
        return spec.json();
    }

    @Override
    public ObjectNode shown(DefinitionRow row) {
        return (ObjectNode) Json.stored(row.spec());
    }

    @Override
    public String state(@Nullable DefinitionRow old, BusSpec spec, long nowMillis) {
        List<BusLayout> layouts = old == null ? new ArrayList<>() : layouts(old, nowMillis);
        if (layouts.isEmpty()) {
            layouts.add(BusLayout.newBuilder().setShards(spec.shards()).build());
        } else if (last(layouts).getShards() != spec.shards()) {
            layouts.add(BusLayout.newBuilder()
                    .setNumber(last(layouts).getNumber() + 1)
                    .setShards(spec.shards())
                    .setSinceMs(nowMillis)
                    .build());
        }
        ObjectNode state = Json.object();
        ArrayNode written = state.putArray("layouts");
        layouts.forEach(layout -> written.addObject()
                .put("number", layout.getNumber())
                .put("shards", layout.getShards())
                .put("since", layout.getSinceMs()));
        return state.toString();
    }

    private static BusLayout last(List<BusLayout> layouts) {
        return layouts.get(layouts.size() - 1);
    }

    /** How it was divided over time, as far as that may still matter. */
    static List<BusLayout> layouts(DefinitionRow row, long nowMillis) {
        List<BusLayout> layouts = new ArrayList<>();
        for (JsonNode layout : Json.stored(row.state()).path("layouts")) {
            if (layout.path("since").asLong() < nowMillis - LAYOUT_KEPT.toMillis()) {
                // nothing is left of those before
                layouts.clear();
            }
            layouts.add(BusLayout.newBuilder()
                    .setNumber(layout.path("number").asLong())
                    .setShards(layout.path("shards").asInt(1))
                    .setSinceMs(layouts.isEmpty() ? 0 : layout.path("since").asLong())
                    .build());
        }
        return layouts;
    }

    @Override
    public Set<Use> uses(BusSpec spec) {
        return Set.of();
    }

    @Override
    public List<Change.Effect> effects(DefinitionRow row) {
        return List.of(new Change.Effect("bus/" + row.name(), Change.Effect.Kind.HOT));
    }

    @Override
    public Optional<DefinitionRow> given(String namespace, String name) {
        return name.equals(BusSpec.DEFAULT_NAME) ? Optional.of(byItself(namespace)) : Optional.empty();
    }

    /** The bus {@code default} as it is while nobody says otherwise. */
    static DefinitionRow byItself(String namespace) {
        return new DefinitionRow(
                UUID.randomUUID().toString(),
                DefinitionKind.BUS,
                namespace,
                BusSpec.DEFAULT_NAME,
                "{}",
                Json.write(BusSpec.DEFAULT.json()),
                "{\"layouts\":[{\"number\":0,\"shards\":1,\"since\":0}]}",
                0,
                0,
                0);
    }
}
