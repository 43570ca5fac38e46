package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.DefinitionRow;
import java.util.Map;
import java.util.TreeMap;

/**
 * What the admin keeps of a rule beside what people wrote.
 *
 * @param sinceMillis wall time at which it got the patterns and the bus that it has; 0 for before all events
 * @param epochs how often a person started each target again
 */
record RuleState(long sinceMillis, Map<String, Long> epochs) {
    static RuleState of(DefinitionRow row) {
        JsonNode state = Json.stored(row.state());
        Map<String, Long> epochs = new TreeMap<>();
        state.path("epochs")
                .properties()
                .forEach(entry -> epochs.put(entry.getKey(), entry.getValue().asLong()));
        return new RuleState(state.path("since").asLong(), epochs);
    }

    /** With one target started again. */
    RuleState started(String target) {
        Map<String, Long> more = new TreeMap<>(epochs);
        more.merge(target, 1L, Long::sum);
        return new RuleState(sinceMillis, more);
    }

    String json() {
        ObjectNode state = Json.object().put("since", sinceMillis);
        if (!epochs.isEmpty()) {
            epochs.forEach(state.putObject("epochs")::put);
        }
        return state.toString();
    }
}
