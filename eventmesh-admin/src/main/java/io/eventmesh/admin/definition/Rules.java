package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.rules.spec.BusSpec;
import io.eventmesh.rules.spec.CredentialSpec;
import io.eventmesh.rules.spec.DeliverySpec;
import io.eventmesh.rules.spec.RuleSpec;
import io.eventmesh.rules.spec.TargetSpec;
import io.eventmesh.spi.plugin.Plugins;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Buses, rules and credentials as people define them and as runtimes are told of them.
 *
 * <p>Thread-safe; blocks on the database. Writes fail with NOT_LEADER at an admin that does not lead.
 */
public final class Rules {
    private final Database database;
    private final DefinitionStore<BusSpec> buses;
    private final DefinitionStore<RuleSpec> rules;
    private final DefinitionStore<CredentialSpec> credentials;
    private final Snapshots snapshots;

    public Rules(Database database, Leader leader, Plugins plugins, MeshClock clock) {
        this.database = database;
        RuleType type = new RuleType(plugins);
        buses = new DefinitionStore<>(new BusType(), database, leader, clock);
        rules = new DefinitionStore<>(type, database, leader, clock);
        credentials = new DefinitionStore<>(new CredentialType(), database, leader, clock);
        snapshots = new Snapshots(database, type, clock);
    }

    public DefinitionStore<BusSpec> buses() {
        return buses;
    }

    public DefinitionStore<RuleSpec> rules() {
        return rules;
    }

    public DefinitionStore<CredentialSpec> credentials() {
        return credentials;
    }

    /** The bus that a namespace has although nobody wrote it. */
    public static DefinitionRow givenBus(String namespace) {
        return BusType.byItself(namespace);
    }

    /** How many rules name each bus or credential of a namespace; one that none names is absent. */
    public Map<String, Long> users(DefinitionKind of, String namespace) {
        return database.transaction(handle -> DefinitionTable.counts(handle, of, namespace));
    }

    /** Has a rule judge, or not. */
    public DefinitionRow enable(
            String namespace, String name, boolean enabled, Precondition precondition, WriteHook hook) {
        return rules.edit(namespace, name, precondition, spec -> spec.with(enabled), DefinitionRow::state, hook);
    }

    /**
     * Has the events of one of a rule's targets wait.
     *
     * @throws EventMeshException NOT_FOUND
     */
    public DefinitionRow pause(
            String namespace, String name, String target, Precondition precondition, WriteHook hook) {
        return rules.edit(namespace, name, precondition, paused(target, true), DefinitionRow::state, hook);
    }

    /**
     * Has the events of one of a rule's targets go on, also when it stopped by itself.
     *
     * @throws EventMeshException NOT_FOUND
     */
    public DefinitionRow resume(
            String namespace, String name, String target, Precondition precondition, WriteHook hook) {
        return rules.edit(
                namespace,
                name,
                precondition,
                paused(target, false),
                row -> RuleState.of(row).started(target).json(),
                hook);
    }

    /**
     * Has the destination of one of a rule's targets asked again whether it wants events, unless they are on their way.
     *
     * @throws EventMeshException NOT_FOUND
     */
    public DefinitionRow validate(
            String namespace, String name, String target, Precondition precondition, WriteHook hook) {
        return rules.edit(
                namespace,
                name,
                precondition,
                spec -> {
                    requireTarget(spec, target);
                    return spec;
                },
                row -> RuleState.of(row).started(target).json(),
                hook);
    }

    private static void requireTarget(RuleSpec spec, String target) {
        List<String> names = spec.targets().stream().map(TargetSpec::name).toList();
        if (!names.contains(target)) {
            throw new EventMeshException(
                    ErrorCode.NOT_FOUND, "target: '%s' (expected one of: %s)".formatted(Names.shown(target), names));
        }
    }

    private static UnaryOperator<RuleSpec> paused(String target, boolean paused) {
        return spec -> {
            requireTarget(spec, target);
            return spec.with(spec.targets().stream()
                    .map(one -> one.name().equals(target) ? one.with(paused) : one)
                    .toList());
        };
    }

    /**
     * All definitions at the newest version, as a runtime is told.
     *
     * @param roles of that runtime
     */
    public Definitions snapshot(Collection<String> roles) {
        return snapshots.of(roles);
    }

    /** A rule as runtimes are told. */
    public RuleDefinition told(DefinitionRow rule) {
        return snapshots.rule(rule);
    }

    /**
     * A rule that is not stored, as runtimes would be told; its name may be missing.
     *
     * @throws io.eventmesh.rules.spec.InvalidDocument with every problem
     */
    public RuleDefinition told(String namespace, ObjectNode document) {
        ObjectNode named = document.deepCopy();
        if (named.at("/metadata/name").isMissingNode()
                && (!named.has("metadata") || named.get("metadata").isObject())) {
            named.withObject("/metadata").put("name", "sample");
        }
        var checked = rules.check(namespace, Optional.empty(), named);
        return checked.spec().definition(namespace, checked.heading().name(), 0, DeliverySpec.defaults(), Map.of());
    }

    /** The kind of a credential; empty when there is none of this name. */
    public String credentialKind(String namespace, String name) {
        return database.<Optional<DefinitionRow>>transaction(
                        handle -> DefinitionTable.find(handle, DefinitionKind.CREDENTIAL, namespace, name))
                .map(row -> credentials.read(row).kind())
                .orElse("");
    }

    /** The topics that a bus names itself; empty for one that leaves that to its rules, or that is not there. */
    public List<String> patterns(String namespace, String bus) {
        return database.<Optional<DefinitionRow>>transaction(
                        handle -> DefinitionTable.find(handle, DefinitionKind.BUS, namespace, bus))
                .map(row -> buses.read(row).patterns())
                .orElse(List.of());
    }
}
