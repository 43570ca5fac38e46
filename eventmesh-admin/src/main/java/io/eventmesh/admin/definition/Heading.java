package io.eventmesh.admin.definition;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What every resource begins with: {@code metadata}.
 *
 * @param labels JSON object of strings
 */
record Heading(String namespace, String name, String labels) {
    /**
     * Reads it. What stands in the path and in the document must agree; what only the server knows is ignored, so that a
     * document can be sent back as it was read.
     */
    static Heading read(
            Section document, String namespace, Optional<String> pathName, List<InvalidDocument.Field> all) {
        Optional<Section> metadata = document.section("metadata");
        metadata.ifPresent(
                section -> section.only("name", "namespace", "labels", "revision", "createdAt", "updatedAt"));
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
                metadata.map(section -> section.strings("labels")).orElseGet(Map::of);
        return new Heading(namespace, name, Json.write(labels));
    }
}
