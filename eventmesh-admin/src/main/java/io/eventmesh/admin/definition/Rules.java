package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RuleRow;
import io.eventmesh.admin.database.RuleTable;
import io.eventmesh.admin.definition.InvalidDocument.Field;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Rules as people define them and as function and mesh runtimes are told of them. Every write is checked completely
 * before anything is stored, and raises the version of the definitions in the same transaction.
 *
 * <p>Thread-safe; blocks on the database. Writes fail with NOT_LEADER at an admin that does not lead.
 */
public final class Rules {
    private final Database database;
    private final Leader leader;
    private final Plugins plugins;
    private final MeshClock clock;

    public Rules(Database database, Leader leader, Plugins plugins, MeshClock clock) {
        this.database = database;
        this.leader = leader;
        this.plugins = plugins;
        this.clock = clock;
    }

    /** Those of a namespace after a name, in the order of their names. */
    public List<RuleRow> list(String namespace, String after, int limit) {
        return database.transaction(handle -> RuleTable.list(handle, namespace, after, limit));
    }

    /**
     * The rule of this name.
     *
     * @throws EventMeshException NOT_FOUND
     */
    public RuleRow get(String namespace, String name) {
        return database.transaction(handle -> RuleTable.find(handle, namespace, name))
                .orElseThrow(() -> unknown(namespace, name));
    }

    /**
     * Creates a rule.
     *
     * @throws EventMeshException REQUEST_INVALID, RULE_INVALID, ALREADY_EXISTS
     */
    public RuleRow create(String namespace, ObjectNode body, WriteHook hook) {
        return write(namespace, Optional.empty(), body, Precondition.NONE, hook).row();
    }

    /**
     * Creates or replaces a rule; replacing it by the same changes nothing.
     *
     * @throws EventMeshException as {@link #create}, PRECONDITION_FAILED, PRECONDITION_REQUIRED
     */
    public Stored<RuleRow> put(
            String namespace, String name, ObjectNode body, Precondition precondition, WriteHook hook) {
        return write(namespace, Optional.of(name), body, precondition, hook);
    }

    private Stored<RuleRow> write(
            String namespace, Optional<String> name, ObjectNode body, Precondition precondition, WriteHook hook) {
        long term = leader.requireTerm();
        List<Field> problems = new ArrayList<>();
        Section document = new Section(body, "", problems).only("metadata", "spec", "status");
        Heading heading = Heading.read(document, namespace, name, problems);
        Optional<Section> section = document.section("spec");
        if (section.isEmpty()) {
            document.problem("spec", "missing (expected: an object)");
        }
        if (!problems.isEmpty() || section.isEmpty()) {
            throw new InvalidDocument(ErrorCode.REQUEST_INVALID, "rule", problems);
        }
        RuleSpec spec = RuleSpec.read(section.get(), problems);
        if (problems.isEmpty()) {
            spec.check(namespace, heading.name(), plugins, problems);
        }
        if (!problems.isEmpty()) {
            throw new InvalidDocument(ErrorCode.RULE_INVALID, "rule", problems);
        }
        Stored<RuleRow> stored =
                database.asLeader(term, handle -> write(handle, heading, spec, precondition, name.isPresent(), hook));
        leader.changed();
        return stored;
    }

    private Stored<RuleRow> write(
            Handle handle,
            Heading heading,
            RuleSpec spec,
            Precondition precondition,
            boolean replaces,
            WriteHook hook) {
        long now = clock.millis();
        String json = Json.write(spec.json());
        Optional<RuleRow> there = RuleTable.find(handle, heading.namespace(), heading.name());
        precondition.check(there.map(RuleRow::revision));
        if (there.isEmpty()) {
            String id = UUID.randomUUID().toString();
            RuleRow row = new RuleRow(
                    id, heading.namespace(), heading.name(), heading.labels(), spec.bus(), json, 1, now, now);
            RuleTable.insert(handle, row);
            hook.stored(handle, change(null, row));
            return new Stored<>(row, true);
        }
        RuleRow old = there.get();
        if (!replaces) {
            throw new EventMeshException(
                    ErrorCode.ALREADY_EXISTS, "rule: '%s' exists (expected: a free name)".formatted(heading.name()));
        }
        if (old.spec().equals(json) && old.labels().equals(heading.labels())) {
            hook.stored(handle, change(old, old));
            return new Stored<>(old, false);
        }
        precondition.require(old.revision());
        RuleRow row = new RuleRow(
                old.id(),
                old.namespace(),
                old.name(),
                heading.labels(),
                spec.bus(),
                json,
                old.revision() + 1,
                old.createdMillis(),
                now);
        RuleTable.update(handle, row);
        hook.stored(handle, change(old, row));
        return new Stored<>(row, false);
    }

    private static Change change(@Nullable RuleRow before, @Nullable RuleRow after) {
        RuleRow any = Objects.requireNonNull(after == null ? before : after);
        return new Change(
                any.namespace(),
                "rules/" + any.name(),
                before == null ? null : before.revision(),
                after == null ? null : after.revision(),
                before == null ? null : document(before),
                after == null ? null : document(after),
                List.of(new Change.Effect("bus/" + any.bus(), Change.Effect.Kind.HOT)),
                List.of());
    }

    private static String document(RuleRow row) {
        ObjectNode document = Json.object();
        document.set("metadata", Heading.document(row.name(), row.namespace(), row.labels()));
        document.set("spec", Json.stored(row.spec()));
        return document.toString();
    }

    /**
     * Deletes a rule.
     *
     * @throws EventMeshException NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED
     */
    public void delete(String namespace, String name, Precondition precondition, WriteHook hook) {
        database.asLeader(leader.requireTerm(), handle -> {
            RuleRow row = RuleTable.find(handle, namespace, name).orElseThrow(() -> unknown(namespace, name));
            precondition.check(Optional.of(row.revision()));
            precondition.require(row.revision());
            RuleTable.delete(handle, row.id());
            hook.stored(handle, change(row, null));
            return row;
        });
        leader.changed();
    }

    /** All buses and rules at the newest version, as runtimes are told. */
    public Definitions snapshot() {
        return database.transaction(handle -> {
            Definitions.Builder all = Definitions.newBuilder().setVersion(RuleTable.version(handle));
            Map<String, TreeSet<String>> patterns = new TreeMap<>();
            patterns.put(Names.DEFAULT_NAMESPACE, new TreeSet<>());
            for (RuleRow row : RuleTable.all(handle)) {
                RuleSpec spec = stored(row);
                patterns.computeIfAbsent(row.namespace(), missing -> new TreeSet<>())
                        .addAll(spec.patterns());
                all.addRules(definition(row, spec));
            }
            // the default bus reads whatever its rules read
            patterns.forEach((namespace, union) -> all.addBuses(BusDefinition.newBuilder()
                    .setNamespace(namespace)
                    .setName(RuleSpec.DEFAULT_BUS)
                    .addAllPatterns(union)));
            return all.build();
        });
    }

    private static RuleDefinition definition(RuleRow row, RuleSpec spec) {
        RuleDefinition.Builder rule = RuleDefinition.newBuilder()
                .setNamespace(row.namespace())
                .setName(row.name())
                .setBus(spec.bus())
                .setRevision(row.revision())
                .addAllPatterns(spec.patterns())
                .setFilter(spec.filter());
        spec.transform()
                .ifPresent(step -> rule.setTransform(
                        TransformDefinition.newBuilder().setKind(step.kind()).setSpec(step.spec())));
        spec.targets()
                .forEach(target -> rule.addTargets(TargetDefinition.newBuilder()
                        .setName(target.name())
                        .setKind(target.kind())
                        .setSpec(target.spec())));
        return rule.build();
    }

    private static RuleSpec stored(RuleRow row) {
        List<Field> problems = new ArrayList<>();
        if (Json.stored(row.spec()) instanceof ObjectNode object) {
            RuleSpec spec = RuleSpec.read(new Section(object, "/spec", problems), problems);
            if (problems.isEmpty()) {
                return spec;
            }
        }
        throw new EventMeshException(
                ErrorCode.DATA_CORRUPT, "rule: '%s' unreadable (expected: as it was stored)".formatted(row.name()));
    }

    private static EventMeshException unknown(String namespace, String name) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND,
                "rule: '%s' (expected: an existing one of namespace '%s')"
                        .formatted(Names.shown(name), Names.shown(namespace)));
    }
}
