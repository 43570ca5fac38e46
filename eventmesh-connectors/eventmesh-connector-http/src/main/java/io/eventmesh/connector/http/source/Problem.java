package io.eventmesh.connector.http.source;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.EventMeshException;
import java.util.Locale;

/** A refusal as a problem document. Stateless. Spec: RFC 9457. */
final class Problem {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private Problem() {}

    static String json(int status, EventMeshException refusal) {
        ObjectNode body = MAPPER.createObjectNode();
        return body.put("type", "urn:eventmesh:error:" + refusal.code().number())
                .put("title", refusal.code().name().toLowerCase(Locale.ROOT).replace('_', ' '))
                .put("status", status)
                .put("detail", refusal.reason())
                .put("code", refusal.code().number())
                .put("name", refusal.code().name())
                .toString();
    }
}
