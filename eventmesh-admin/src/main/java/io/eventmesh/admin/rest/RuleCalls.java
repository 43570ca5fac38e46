package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.definition.Json;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.spi.mesh.TargetStatus;
import io.vertx.core.http.HttpMethod;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Buses, credentials, rules, and what is done with rules and their targets. */
final class RuleCalls implements RestCalls {
    private static final int MAX_TARGETS = 100;

    private final Rules rules;
    private final MeshPeers peers;
    private final DefinitionCalls buses;
    private final DefinitionCalls credentials;
    private final DefinitionCalls own;

    RuleCalls(Rules rules, MeshPeers peers) {
        this.rules = rules;
        this.peers = peers;
        buses = new DefinitionCalls(
                DefinitionKind.BUS,
                rules.buses(),
                call -> used(rules.users(DefinitionKind.BUS, call.namespace())),
                namespace -> Optional.of(Rules.givenBus(namespace)));
        credentials = new DefinitionCalls(
                DefinitionKind.CREDENTIAL,
                rules.credentials(),
                call -> used(rules.users(DefinitionKind.CREDENTIAL, call.namespace())),
                namespace -> Optional.empty());
        own = new DefinitionCalls(
                DefinitionKind.RULE,
                rules.rules(),
                // a list would ask for each of its rules
                call -> call.name().isEmpty() ? row -> Json.object() : this::status,
                namespace -> Optional.empty());
    }

    @Override
    public void routes(Routes routes) {
        buses.routes(routes);
        credentials.routes(routes);
        own.routes(routes);
        routes.read("listCredentialUsers", "/credentials/{name}/rules", this::credentialUsers)
                .read("listBusUsers", "/buses/{name}/rules", this::busUsers)
                .write("enableRule", HttpMethod.POST, "/rules/{name}:enable", call -> enable(call, true))
                .write("disableRule", HttpMethod.POST, "/rules/{name}:disable", call -> enable(call, false))
                .write("pauseTarget", HttpMethod.POST, "/rules/{name}/targets/{target}:pause", this::pause)
                .write("resumeTarget", HttpMethod.POST, "/rules/{name}/targets/{target}:resume", this::resume)
                .write("validateTarget", HttpMethod.POST, "/rules/{name}/targets/{target}:validate", this::validate)
                .read("listTargets", "/targets", this::targets);
    }

    private static Function<DefinitionRow, ObjectNode> used(Map<String, Long> users) {
        return row -> Json.object().put("rules", users.getOrDefault(row.name(), 0L));
    }

    private Answer busUsers(Call call) {
        rules.buses().get(call.namespace(), call.name());
        return names(rules.buses().users(call.namespace(), call.name()));
    }

    private Answer credentialUsers(Call call) {
        rules.credentials().get(call.namespace(), call.name());
        return names(rules.credentials().users(call.namespace(), call.name()));
    }

    private static Answer names(Iterable<String> names) {
        ObjectNode page = Json.object();
        ArrayNode items = page.putArray("items");
        names.forEach(name -> items.addObject().put("name", name));
        return Answer.ok(page.putNull("nextCursor"));
    }

    private Answer enable(Call call, boolean enabled) {
        return own.shown(
                call, rules.enable(call.namespace(), call.name(), enabled, call.precondition(), call.hook()), 200);
    }

    private Answer pause(Call call) {
        return own.shown(
                call,
                rules.pause(call.namespace(), call.name(), call.path("target"), call.precondition(), call.hook()),
                200);
    }

    private Answer resume(Call call) {
        return own.shown(
                call,
                rules.resume(call.namespace(), call.name(), call.path("target"), call.precondition(), call.hook()),
                200);
    }

    private Answer validate(Call call) {
        return own.shown(
                call,
                rules.validate(call.namespace(), call.name(), call.path("target"), call.precondition(), call.hook()),
                200);
    }

    private Answer targets(Call call) {
        String rule = call.asked("rule").orElse("");
        return MeshPages.of(
                call,
                peers.targets(call.namespace(), rule, call.after(), call.limit() + 1),
                target -> TargetDocument.of(target, true),
                TargetStatus::key);
    }

    /** What holds for its targets, all of it said, and how they are as far as mesh runtimes answer. */
    private ObjectNode status(DefinitionRow row) {
        Map<String, TargetStatus> live = new HashMap<>();
        try {
            peers.targets(row.namespace(), row.name(), "", MAX_TARGETS)
                    .items()
                    .forEach(target -> live.put(target.target(), target));
        } catch (EventMeshException away) {
            // what is defined is said nevertheless
            live.clear();
        }
        ObjectNode status = Json.object();
        ArrayNode targets = status.putArray("targets");
        for (TargetDefinition target : rules.told(row).getTargetsList()) {
            TargetStatus known = live.get(target.getName());
            ObjectNode document = known == null
                    ? Json.object().put("name", target.getName()).put("state", "UNKNOWN")
                    : TargetDocument.of(known, false);
            targets.add(document);
            document.set("delivery", Policies.document(target.getDelivery()));
        }
        return status;
    }
}
