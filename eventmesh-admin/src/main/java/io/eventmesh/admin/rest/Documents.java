package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Heading;
import java.time.Instant;

/** What all resources look like: {@code {metadata, spec, status}}. */
final class Documents {
    private Documents() {}

    /**
     * Begins a resource.
     *
     * @param labels JSON object of strings
     */
    static ObjectNode metadata(ObjectNode resource, String name, String namespace, String labels, long revision) {
        ObjectNode metadata = resource.putObject("metadata").put("name", name).put("namespace", namespace);
        Heading.describe(metadata, labels);
        return metadata.put("revision", revision);
    }

    /** RFC 3339, UTC. */
    static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }
}
