package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.schedule.Ask;
import io.eventmesh.admin.schedule.AskAnswer;
import io.eventmesh.admin.schedule.TaskOperations;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import java.util.List;
import java.util.Optional;

/**
 * Would a connector start? What the document says is checked here; the plugin, its secrets and its connection by a runtime
 * that has the plugin. What is wrong is the answer, not a refusal.
 */
final class ConnectorValidation {
    /** The scheduler itself gives up after 10 s. */
    private static final int SECONDS = 15;

    private static final List<String> REMOTE = List.of("PLUGIN", "SECRETS", "PROBE");

    private final Connectors connectors;
    private final TaskOperations operations;

    ConnectorValidation(Connectors connectors, TaskOperations operations) {
        this.connectors = connectors;
        this.operations = operations;
    }

    Answer of(Call call, Optional<String> name, ObjectNode document) {
        boolean probe = call.flag("probe");
        Connectors.Findings checked = connectors.check(call.namespace(), name, document);
        ObjectNode answer = Json.object().put("valid", false);
        ArrayNode checks = answer.putArray("checks");
        ArrayNode errors = answer.putArray("errors");
        boolean valid = checked.problems().isEmpty();
        for (Field problem : checked.problems()) {
            errors.addObject().put("path", problem.path()).put("message", problem.message());
        }
        if (valid) {
            valid = asked(
                    new Ask.Connector(checked.kind(), checked.plugin(), checked.config(), checked.topic(), probe),
                    checks,
                    errors);
        } else {
            check(checks, "SCHEMA", "FAIL", 0);
            REMOTE.forEach(other -> check(checks, other, "SKIPPED", 0));
        }
        return Answer.ok(answer.put("valid", valid));
    }

    private boolean asked(Ask.Connector ask, ArrayNode checks, ArrayNode errors) {
        AskAnswer told;
        try {
            told = Answers.of("scheduler", SECONDS, operations.ask(ask));
        } catch (EventMeshException refused) {
            if (refused.code() == ErrorCode.NOT_LEADER) {
                throw refused;
            }
            check(checks, "SCHEMA", "PASS", 0);
            check(checks, "PLUGIN", "FAIL", 0).put("message", refused.reason());
            check(checks, "SECRETS", "SKIPPED", 0);
            check(checks, "PROBE", "SKIPPED", 0);
            errors.addObject()
                    .put("path", "/spec/plugin")
                    .put("code", refused.code().name())
                    .put("message", refused.reason())
                    .put("suggestion", refused.suggestion());
            return false;
        }
        boolean valid = true;
        for (AskAnswer.Check one : told.checks()) {
            check(checks, one.name(), one.status(), one.millis()).put("runtime", told.runtime());
            valid &= !one.status().equals("FAIL");
            for (AskAnswer.FieldProblem problem : one.problems()) {
                ObjectNode error = errors.addObject()
                        .put("path", "/spec/config" + problem.path())
                        .put("code", one.name())
                        .put("message", problem.message());
                if (!problem.suggestion().isEmpty()) {
                    error.put("suggestion", problem.suggestion());
                }
            }
        }
        return valid;
    }

    private static ObjectNode check(ArrayNode checks, String name, String status, long millis) {
        return checks.addObject().put("check", name).put("status", status).put("millis", millis);
    }
}
