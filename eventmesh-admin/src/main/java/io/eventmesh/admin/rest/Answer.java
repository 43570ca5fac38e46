package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * An HTTP answer.
 *
 * @param body empty for none
 */
record Answer(int status, String contentType, String body, Map<String, String> headers) {
    static Answer json(int status, JsonNode body) {
        return new Answer(status, "application/json", body.toString(), Map.of());
    }

    static Answer ok(JsonNode body) {
        return json(200, body);
    }

    static Answer empty(int status) {
        return new Answer(status, "", "", Map.of());
    }

    /** With the resource's revision as its entity tag. */
    Answer revision(long revision) {
        return tag(Long.toString(revision));
    }

    /** With the revision and with what the body says besides, for a resource that changes without a revision. */
    Answer seen(String revision) {
        CRC32 sum = new CRC32();
        sum.update(body.getBytes(StandardCharsets.UTF_8));
        return tag(revision + "." + Long.toHexString(sum.getValue()));
    }

    Answer with(String header, String value) {
        Map<String, String> more = new LinkedHashMap<>(headers);
        more.put(header, value);
        return new Answer(status, contentType, body, more);
    }

    /** With an entity tag. */
    Answer tag(String tag) {
        return with("ETag", "\"" + tag + "\"");
    }
}
