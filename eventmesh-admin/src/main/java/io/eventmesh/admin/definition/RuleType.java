package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.ConnectorTable;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable;
import io.eventmesh.admin.database.DefinitionTable.Use;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.rules.spec.BusSpec;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.RuleSpec;
import io.eventmesh.rules.spec.Section;
import io.eventmesh.rules.spec.TargetSpec;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Rules. */
final class RuleType implements Definition<RuleSpec> {
    private static final String SINK = "sink";

    private final Plugins plugins;
    private final BusCost cost;

    RuleType(Plugins plugins) {
        this.plugins = plugins;
        this.cost = new BusCost(plugins);
    }

    @Override
    public DefinitionKind kind() {
        return DefinitionKind.RULE;
    }

    @Override
    public ErrorCode refusal() {
        return ErrorCode.RULE_INVALID;
    }

    @Override
    public RuleSpec parse(Section spec) {
        return RuleSpec.read(spec);
    }

    @Override
    public void check(String namespace, String name, RuleSpec spec, List<Field> problems) {
        spec.check(namespace, name, plugins, problems);
    }

    /** A sink target's topic, where it leaves that to its connector. */
    @Override
    public RuleSpec complete(
            Handle handle, String namespace, RuleSpec spec, Optional<DefinitionRow> old, List<Field> problems) {
        List<TargetSpec> targets = new ArrayList<>();
        for (int i = 0; i < spec.targets().size(); i++) {
            TargetSpec target = spec.targets().get(i);
            boolean sink = target.kind().equals(SINK);
            targets.add(
                    sink ? sink(handle, namespace, target, "/spec/targets/%d/spec".formatted(i), problems) : target);
        }
        return spec.with(targets);
    }

    private static TargetSpec sink(
            Handle handle, String namespace, TargetSpec target, String path, List<Field> problems) {
        String name = target.spec().path("connector").asText();
        Optional<ConnectorRow> connector = ConnectorTable.find(handle, namespace, name)
                .filter(row -> row.kind().equals("SINK") && !row.deleting());
        if (connector.isEmpty()) {
            problems.add(new Field(
                    path + "/connector",
                    "'%s' (expected: a sink connector of namespace '%s')".formatted(Names.shown(name), namespace)));
            return target;
        }
        TopicPattern pattern = TopicPattern.of(connector.get().topic());
        String topic = target.spec().path("topic").asText();
        if (topic.isEmpty()) {
            return topicOf(pattern)
                    .map(only -> target.with(((ObjectNode) target.spec().deepCopy()).put("topic", only)))
                    .orElseGet(() -> {
                        problems.add(new Field(
                                path + "/topic",
                                "missing (expected: a topic that the connector's pattern %s takes)"
                                        .formatted(pattern)));
                        return target;
                    });
        }
        if (!pattern.matches(TopicName.of(topic))) {
            problems.add(new Field(
                    path + "/topic",
                    "'%s' (expected: a topic that the connector's pattern %s takes)"
                            .formatted(Names.shown(topic), pattern)));
        }
        return target;
    }

    private static Optional<String> topicOf(TopicPattern pattern) {
        try {
            return Optional.of(TopicName.of(pattern.toString()).value());
        } catch (EventMeshException wildcards) {
            return Optional.empty();
        }
    }

    @Override
    public void require(Handle handle, DefinitionRow row, RuleSpec spec, List<Field> problems) {
        Optional<DefinitionRow> bus = DefinitionTable.find(handle, DefinitionKind.BUS, row.namespace(), spec.bus())
                .or(() -> new BusType().given(row.namespace(), spec.bus()));
        if (bus.isEmpty()) {
            problems.add(new Field(
                    "/spec/bus",
                    "'%s' (expected: an existing bus of namespace '%s')".formatted(spec.bus(), row.namespace())));
        } else if (spec.patterns().isEmpty()
                && Json.stored(bus.get().spec()).path("patterns").isEmpty()) {
            problems.add(new Field(
                    "/spec/patterns", "empty (expected: one topic pattern at least, since its bus has none)"));
        }
        for (int i = 0; i < spec.targets().size(); i++) {
            credentials(handle, row.namespace(), spec.targets().get(i), "/spec/targets/" + i, problems);
        }
        cost.require(handle, row, spec, problems);
    }

    private void credentials(Handle handle, String namespace, TargetSpec target, String path, List<Field> problems) {
        TargetSenderProvider provider = plugins.named(TargetSenderProvider.class, target.kind());
        if (!target.credential().isEmpty()) {
            credential(handle, namespace, target.credential())
                    .ifPresentOrElse(
                            kind -> {
                                if (!provider.credentialKinds().contains(kind)) {
                                    problems.add(new Field(
                                            path + "/credential",
                                            "'%s' of kind %s (expected: one of the kinds %s)"
                                                    .formatted(
                                                            target.credential(),
                                                            kind,
                                                            provider.credentialKinds().stream()
                                                                    .sorted()
                                                                    .toList())));
                                }
                            },
                            () -> problems.add(missing(path + "/credential", namespace, target.credential())));
        }
        for (String name : provider.credentials(target.spec().toString())) {
            if (credential(handle, namespace, name).isEmpty()) {
                problems.add(missing(path + "/spec", namespace, name));
            }
        }
    }

    private static Optional<String> credential(Handle handle, String namespace, String name) {
        return DefinitionTable.find(handle, DefinitionKind.CREDENTIAL, namespace, name)
                .map(row -> Json.stored(row.spec()).path("kind").asText());
    }

    private static Field missing(String path, String namespace, String name) {
        return new Field(
                path,
                "'%s' (expected: an existing credential of namespace '%s')".formatted(Names.shown(name), namespace));
    }

    @Override
    public ObjectNode stored(RuleSpec spec) {
        return spec.json();
    }

    @Override
    public ObjectNode shown(DefinitionRow row) {
        return (ObjectNode) Json.stored(row.spec());
    }

    @Override
    public String state(@Nullable DefinitionRow old, RuleSpec spec, long nowMillis) {
        if (old == null) {
            return new RuleState(nowMillis, Map.of()).json();
        }
        RuleSpec before = DefinitionStore.read(this, old);
        RuleState state = RuleState.of(old);
        boolean same = before.bus().equals(spec.bus()) && before.patterns().equals(spec.patterns());
        Map<String, Long> epochs = new TreeMap<>(state.epochs());
        epochs.keySet().retainAll(spec.targets().stream().map(TargetSpec::name).toList());
        return new RuleState(same ? state.sinceMillis() : nowMillis, epochs).json();
    }

    @Override
    public Set<Use> uses(RuleSpec spec) {
        Set<Use> uses = new HashSet<>(Set.of(new Use(DefinitionKind.BUS, spec.bus())));
        for (TargetSpec target : spec.targets()) {
            if (!target.credential().isEmpty()) {
                uses.add(new Use(DefinitionKind.CREDENTIAL, target.credential()));
            }
            plugins.named(TargetSenderProvider.class, target.kind())
                    .credentials(target.spec().toString())
                    .forEach(name -> uses.add(new Use(DefinitionKind.CREDENTIAL, name)));
        }
        return uses;
    }

    @Override
    public List<Change.Effect> effects(DefinitionRow row) {
        String bus = Json.stored(row.spec()).path("bus").asText(BusSpec.DEFAULT_NAME);
        return List.of(new Change.Effect("bus/" + bus, Change.Effect.Kind.HOT));
    }
}
