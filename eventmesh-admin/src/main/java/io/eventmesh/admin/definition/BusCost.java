package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.RuleSpec;
import io.eventmesh.spi.function.FilterCost;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/**
 * Keeps what all rules of a bus ask of an event within what one pass may take. Remembers filters by rule and revision, so
 * that a write compiles only what is new. Thread-safe.
 */
final class BusCost {
    private record Known(long revision, RuleFilter filter) {}

    private final Plugins plugins;
    private final Map<String, Known> known = new ConcurrentHashMap<>();

    BusCost(Plugins plugins) {
        this.plugins = plugins;
    }

    /** Adds a problem when this rule makes its bus too costly. */
    void require(Handle handle, DefinitionRow row, RuleSpec spec, List<Field> problems) {
        Map<String, Long> rules =
                DefinitionTable.userRevisions(handle, DefinitionKind.BUS, row.namespace(), spec.bus());
        boolean unknown = rules.entrySet().stream().anyMatch(rule -> !isKnown(rule.getKey(), rule.getValue()));
        if (unknown) {
            List<DefinitionRow> all = DefinitionTable.all(handle, DefinitionKind.RULE);
            known.keySet().retainAll(all.stream().map(DefinitionRow::id).collect(Collectors.toSet()));
            all.stream().filter(other -> !isKnown(other.id(), other.revision())).forEach(this::learn);
        }
        Map<String, RuleFilter> filters = new LinkedHashMap<>();
        long weight = 0;
        for (String id : rules.keySet()) {
            Known rule = known.get(id);
            if (rule != null) {
                filters.put(id, rule.filter());
                weight += rule.filter().weight();
            }
        }
        if (weight <= FilterCost.MAX_STEPS) {
            return;
        }
        try {
            provider().index(filters).cost().requireBounded();
        } catch (EventMeshException tooMuch) {
            problems.add(new Field("/spec/filter", tooMuch.reason()));
        }
    }

    private boolean isKnown(String id, long revision) {
        Known there = known.get(id);
        return there != null && there.revision() == revision;
    }

    private void learn(DefinitionRow rule) {
        JsonNode spec = Json.stored(rule.spec());
        try {
            RuleFilter filter = provider().compile(text(spec, "filter"), text(spec, "filters"));
            known.put(rule.id(), new Known(rule.revision(), filter));
        } catch (EventMeshException refused) {
            // stored when more was allowed: it judges nothing, and costs nothing
            known.remove(rule.id());
        }
    }

    private static String text(JsonNode spec, String name) {
        return spec.has(name) ? spec.get(name).toString() : "";
    }

    private RuleFilterProvider provider() {
        return plugins.named(RuleFilterProvider.class, RuleFilterProvider.INDEXED);
    }
}
