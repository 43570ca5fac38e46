package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.rules.spec.InvalidDocument;
import io.eventmesh.rules.spec.Section;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What every resource begins with: {@code metadata}.
 *
 * @param labels JSON object of strings
 */
public record Heading(String namespace, String name, String labels) {
    /** Among the stored labels: the repository or tool that the resource is applied from. */
    private static final String MANAGED_BY = "eventmesh/managed-by";

    private static final int MAX_MANAGED_BY = 100;

    /**
     * Reads it. What stands in the path and in the document must agree; what only the server knows is ignored, so that a
     * document can be sent back as it was read.
     */
    static Heading read(
            Section document, String namespace, Optional<String> pathName, List<InvalidDocument.Field> all) {
        Optional<Section> metadata = document.section("metadata");
        metadata.ifPresent(section -> section.only(
                "name", "namespace", "labels", "managedBy", "revision", "generation", "createdAt", "updatedAt"));
        String name = metadata.flatMap(section -> section.text("name"))
                .or(() -> pathName)
                .orElse("");
        metadata.flatMap(section -> section.text("namespace"))
                .filter(given -> !given.equals(namespace))
                .ifPresent(given -> all.add(new InvalidDocument.Field(
                        "/metadata/namespace", "'%s' (expected: '%s')".formatted(Names.shown(given), namespace))));
        if (pathName.isPresent() && !pathName.get().equals(name)) {
            all.add(new InvalidDocument.Field(
                    "/metadata/name", "'%s' (expected: '%s')".formatted(Names.shown(name), pathName.get())));
        } else {
            try {
                Names.requireName("name", name);
            } catch (EventMeshException refused) {
                all.add(new InvalidDocument.Field("/metadata/name", refused.reason()));
            }
        }
        Map<String, String> labels =
                new TreeMap<>(metadata.map(section -> section.strings("labels")).orElseGet(Map::of));
        if (labels.remove(MANAGED_BY) != null) {
            all.add(new InvalidDocument.Field(
                    "/metadata/labels/" + MANAGED_BY, "reserved (expected: /metadata/managedBy)"));
        }
        metadata.flatMap(section -> section.text("managedBy")).ifPresent(by -> managed(by, labels, all));
        return new Heading(namespace, name, Json.write(labels));
    }

    private static void managed(String by, Map<String, String> labels, List<InvalidDocument.Field> all) {
        if (by.length() > MAX_MANAGED_BY) {
            all.add(new InvalidDocument.Field(
                    "/metadata/managedBy", "%d characters (expected: <= %d)".formatted(by.length(), MAX_MANAGED_BY)));
        } else if (!by.isEmpty()) {
            labels.put(MANAGED_BY, by);
        }
    }

    /** The metadata that people write, of what is stored. */
    static ObjectNode document(String name, String namespace, String labels) {
        ObjectNode metadata = Json.object().put("name", name).put("namespace", namespace);
        describe(metadata, labels);
        return metadata;
    }

    /** Adds labels and who manages it, out of what is stored as labels. */
    public static void describe(ObjectNode metadata, String labels) {
        ObjectNode own = (ObjectNode) Json.stored(labels);
        JsonNode by = own.remove(MANAGED_BY);
        metadata.set("labels", own);
        if (by != null) {
            metadata.put("managedBy", by.asText());
        }
    }
}
