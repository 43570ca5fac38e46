package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a rule's results go.
 *
 * @param spec what its kind reads, JSON
 * @param credential name in the same namespace; empty for none
 * @param paused whether its events wait
 */
public record TargetSpec(
        String name, String kind, JsonNode spec, DeliverySpec delivery, String credential, boolean paused) {
    private static final int MAX_TARGETS = 20;
    /** Kinds whose calls are no more than an append. */
    private static final Set<String> IN_THE_MESH = Set.of("topic", "sink");

    private static final int MANY_CALLS = 256;
    private static final int SOME_CALLS = 16;

    static List<TargetSpec> list(Section rule) {
        List<TargetSpec> targets = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Section part : rule.sections("targets", MAX_TARGETS)) {
            part.only("name", "kind", "spec", "delivery", "credential", "paused");
            part.requiredText("name");
            String name = Checks.name(part, "name").orElse("");
            if (!name.isEmpty() && !names.add(name)) {
                part.problem("name", "'%s' twice (expected: unique in the rule)".formatted(Names.shown(name)));
            }
            targets.add(new TargetSpec(
                    name,
                    part.requiredText("kind"),
                    part.any("spec").orElseGet(JsonNodeFactory.instance::objectNode),
                    DeliverySpec.read(part),
                    Checks.name(part, "credential").orElse(""),
                    part.flag("paused", false)));
        }
        return List.copyOf(targets);
    }

    /** Asks its kind whether it means something. */
    void check(String namespace, String path, Plugins plugins, List<Field> problems) {
        Checks.named(TargetSenderProvider.class, kind, path, plugins, problems).ifPresent(provider -> {
            int before = problems.size();
            Checks.attempt(path + "/spec", problems, () -> provider.validate(namespace, spec.toString()));
            boolean valid = problems.size() == before;
            int batch = delivery.over(DeliveryPolicy.getDefaultInstance()).getBatchEvents();
            if (valid && batch > 1 && !provider.batches(spec.toString())) {
                problems.add(new Field(
                        path + "/delivery/batch/events",
                        "%d (expected: 1, since this target takes one event in a call)".formatted(batch)));
            }
            if (!credential.isEmpty() && provider.credentialKinds().isEmpty()) {
                problems.add(new Field(
                        path + "/credential",
                        "'%s' (expected: none, since a target of kind %s needs none)".formatted(credential, kind)));
            }
        });
    }

    /** The same with another specification of its kind. */
    public TargetSpec with(JsonNode other) {
        return new TargetSpec(name, kind, other, delivery, credential, paused);
    }

    /** The same, its events waiting or not. */
    public TargetSpec with(boolean waits) {
        return new TargetSpec(name, kind, spec, delivery, credential, waits);
    }

    ObjectNode json() {
        ObjectNode json =
                JsonNodeFactory.instance.objectNode().put("name", name).put("kind", kind);
        json.set("spec", spec);
        if (!delivery.isEmpty()) {
            json.set("delivery", delivery.json());
        }
        if (!credential.isEmpty()) {
            json.put("credential", credential);
        }
        if (paused) {
            json.put("paused", true);
        }
        return json;
    }

    /**
     * As runtimes are told.
     *
     * @param base what holds where the target says nothing
     * @param epoch how often a person started it again
     */
    TargetDefinition definition(DeliveryPolicy base, long epoch) {
        DeliveryPolicy policy = delivery.over(base);
        if (policy.getMaxInFlight() == 0) {
            policy = policy.toBuilder()
                    .setMaxInFlight(IN_THE_MESH.contains(kind) ? MANY_CALLS : SOME_CALLS)
                    .build();
        }
        return TargetDefinition.newBuilder()
                .setName(name)
                .setKind(kind)
                .setSpec(spec.toString())
                .setDelivery(policy)
                .setCredential(credential)
                .setPaused(paused)
                .setEpoch(epoch)
                .build();
    }
}
