package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.RuleRow;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.definition.Stored;
import io.vertx.core.http.HttpMethod;

/** Rules: list, read, write, delete. */
final class RuleCalls implements RestCalls {
    private final Rules rules;

    RuleCalls(Rules rules) {
        this.rules = rules;
    }

    @Override
    public void routes(Routes routes) {
        routes.read("listRules", "/rules", this::list)
                .write("createRule", HttpMethod.POST, "/rules", this::create)
                .read("getRule", "/rules/{name}", this::get)
                .write("putRule", HttpMethod.PUT, "/rules/{name}", this::put)
                .write("deleteRule", HttpMethod.DELETE, "/rules/{name}", this::delete);
    }

    private Answer list(Call call) {
        return call.page(
                rules.list(call.namespace(), call.after(), call.limit() + 1), RuleCalls::document, RuleRow::name);
    }

    private Answer get(Call call) {
        return shown(rules.get(call.namespace(), call.name()), 200);
    }

    private Answer create(Call call) {
        return shown(rules.create(call.namespace(), call.document(), call.hook()), 201);
    }

    private Answer put(Call call) {
        Stored<RuleRow> stored =
                rules.put(call.namespace(), call.name(), call.document(), call.precondition(), call.hook());
        return shown(stored.row(), stored.created() ? 201 : 200);
    }

    private Answer delete(Call call) {
        rules.delete(call.namespace(), call.name(), call.precondition(), call.hook());
        return Answer.empty(204);
    }

    private static Answer shown(RuleRow row, int status) {
        return Answer.json(status, document(row)).revision(row.revision());
    }

    private static ObjectNode document(RuleRow row) {
        ObjectNode resource = Json.object();
        Documents.metadata(resource, row.name(), row.namespace(), row.labels(), row.revision())
                .put("createdAt", Documents.time(row.createdMillis()))
                .put("updatedAt", Documents.time(row.updatedMillis()));
        resource.set("spec", Json.stored(row.spec()));
        ObjectNode status = resource.putObject("status");
        status.putArray("conditions")
                .addObject()
                .put("type", "Accepted")
                .put("status", "True")
                .put("reason", "Checked")
                .put("message", "");
        return resource;
    }
}
