package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * What a person says of a bus. Immutable.
 *
 * @param patterns which topics its rules judge; empty for those that the rules name
 * @param delivery how its rules' targets are delivered to where they say nothing
 * @param shards how many groups share its rules
 */
public record BusSpec(List<String> patterns, DeliverySpec delivery, int shards) {
    /** The bus that every namespace has. */
    public static final String DEFAULT_NAME = "default";

    /** What that one is while nobody says otherwise. */
    public static final BusSpec DEFAULT = new BusSpec(List.of(), DeliverySpec.NONE, 1);

    private static final int MAX_PATTERNS = 100;
    private static final int MAX_SHARDS = 64;

    /** Reads a specification; whatever is wrong is added to the section's problems. */
    public static BusSpec read(Section spec) {
        spec.only("patterns", "delivery", "shards");
        return new BusSpec(
                Checks.patterns(spec, "patterns", MAX_PATTERNS),
                DeliverySpec.read(spec),
                spec.number("shards", 1, 1, MAX_SHARDS));
    }

    /** As it is stored and shown. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (!patterns.isEmpty()) {
            ArrayNode topics = json.putArray("patterns");
            patterns.forEach(topics::add);
        }
        if (!delivery.isEmpty()) {
            json.set("delivery", delivery.json());
        }
        return json.put("shards", shards);
    }
}
