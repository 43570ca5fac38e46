package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.spi.mesh.TargetStatus;

/** How a rule's target is shown. Stateless. */
final class TargetDocument {
    private TargetDocument() {}

    /** @param named whether to say of which rule it is */
    static ObjectNode of(TargetStatus target, boolean named) {
        ObjectNode document = Json.object();
        if (named) {
            document.put("rule", target.rule()).put("bus", target.bus());
        }
        document.put("name", target.target())
                .put("state", target.state().name())
                .put("reason", target.reason())
                .put("since", Documents.time(target.sinceMillis()))
                .put("inFlight", target.inFlight())
                .put("waiting", target.waiting())
                .put("parked", target.parked())
                .put("delivered", target.delivered())
                .put("failed", target.failed())
                .put("dead", target.dead())
                .put("revision", target.revision());
        if (target.oldestMillis() > 0) {
            document.put("oldest", Documents.time(target.oldestMillis()));
        }
        if (target.lastErrorMillis() > 0) {
            document.put("lastError", target.lastError()).put("lastErrorAt", Documents.time(target.lastErrorMillis()));
        }
        return document;
    }
}
