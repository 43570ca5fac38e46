package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable;
import io.eventmesh.admin.database.DefinitionTable.Revision;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.rules.spec.InvalidDocument;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.rules.spec.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * Definitions of one kind as people write them. Every write is checked completely before anything is stored, with every
 * problem at once, and raises the version of the definitions in the same transaction.
 *
 * <p>Thread-safe; blocks on the database. Writes fail with NOT_LEADER at an admin that does not lead.
 *
 * @param <S> the specification, read
 */
public final class DefinitionStore<S> {
    private final Definition<S> type;
    private final Database database;
    private final Leader leader;
    private final MeshClock clock;

    DefinitionStore(Definition<S> type, Database database, Leader leader, MeshClock clock) {
        this.type = type;
        this.database = database;
        this.leader = leader;
        this.clock = clock;
    }

    /** Those of a namespace after a name, in the order of their names. */
    public List<DefinitionRow> list(String namespace, String after, int limit) {
        return database.transaction(handle -> DefinitionTable.list(handle, type.kind(), namespace, after, limit));
    }

    /**
     * The one of this name.
     *
     * @throws EventMeshException NOT_FOUND
     */
    public DefinitionRow get(String namespace, String name) {
        return database.transaction(handle -> find(handle, namespace, name))
                .orElseThrow(() -> unknown(namespace, name));
    }

    private Optional<DefinitionRow> find(Handle handle, String namespace, String name) {
        return DefinitionTable.find(handle, type.kind(), namespace, name).or(() -> type.given(namespace, name));
    }

    /** What it was, newest first. */
    public List<Revision> revisions(String namespace, String name) {
        return database.transaction(handle -> {
            DefinitionRow row = find(handle, namespace, name).orElseThrow(() -> unknown(namespace, name));
            return DefinitionTable.revisions(handle, row.id());
        });
    }

    /** The names of the rules that name it. */
    public Set<String> users(String namespace, String name) {
        return database.transaction(handle -> DefinitionTable.users(handle, type.kind(), namespace, name));
    }

    /** As people write it, without secrets. */
    public ObjectNode spec(DefinitionRow row) {
        return type.shown(row);
    }

    /**
     * Creates one.
     *
     * @throws EventMeshException REQUEST_INVALID, RULE_INVALID, ALREADY_EXISTS
     */
    public DefinitionRow create(String namespace, ObjectNode body, WriteHook hook) {
        return write(namespace, Optional.empty(), body, Precondition.NONE, hook).row();
    }

    /**
     * Creates or replaces one; replacing it by the same changes nothing.
     *
     * @throws EventMeshException as {@link #create}, PRECONDITION_FAILED, PRECONDITION_REQUIRED
     */
    public Stored<DefinitionRow> put(
            String namespace, String name, ObjectNode body, Precondition precondition, WriteHook hook) {
        return write(namespace, Optional.of(name), body, precondition, hook);
    }

    /**
     * Changes what a merge patch (RFC 7396) names.
     *
     * @throws EventMeshException as {@link #put}, NOT_FOUND
     */
    public Stored<DefinitionRow> patch(
            String namespace, String name, ObjectNode patch, Precondition precondition, WriteHook hook) {
        DefinitionRow there = get(namespace, name);
        precondition.require(there.revision());
        // what was read is what the patch is for: if somebody else writes meanwhile, nothing is changed
        Precondition same = precondition.revision().isPresent()
                ? precondition
                : new Precondition(Optional.of(there.revision()), false, true);
        ObjectNode merged = document(there);
        Json.merge(merged, patch);
        return write(namespace, Optional.of(name), merged, same, hook);
    }

    private Stored<DefinitionRow> write(
            String namespace, Optional<String> name, ObjectNode body, Precondition precondition, WriteHook hook) {
        long term = leader.requireTerm();
        Checked<S> checked = check(namespace, name, body);
        Stored<DefinitionRow> stored = database.asLeader(
                term, handle -> write(handle, checked.heading(), checked.spec(), precondition, name.isPresent(), hook));
        leader.changed();
        return stored;
    }

    /** A document that is right as far as nothing else that is stored matters. */
    record Checked<S>(Heading heading, S spec) {}

    /**
     * Checks a document; nothing is stored.
     *
     * @throws InvalidDocument with every problem
     */
    Checked<S> check(String namespace, Optional<String> name, ObjectNode body) {
        List<Field> problems = new ArrayList<>();
        Section document = new Section(body, "", problems).only("metadata", "spec", "status");
        Heading heading = Heading.read(document, namespace, name, problems);
        Optional<Section> section = document.section("spec");
        if (section.isEmpty()
                && problems.stream().noneMatch(problem -> problem.path().equals("/spec"))) {
            document.problem("spec", "missing (expected: an object)");
        }
        boolean misshapen = !problems.isEmpty() || section.isEmpty();
        Optional<S> spec = section.map(type::parse);
        spec.ifPresent(read -> type.check(heading.namespace(), heading.name(), read, problems));
        if (!problems.isEmpty() || spec.isEmpty()) {
            ErrorCode code = misshapen ? ErrorCode.REQUEST_INVALID : type.refusal();
            throw new InvalidDocument(code, type.kind().word(), problems);
        }
        return new Checked<>(heading, spec.get());
    }

    private Stored<DefinitionRow> write(
            Handle handle, Heading heading, S given, Precondition precondition, boolean replaces, WriteHook hook) {
        Optional<DefinitionRow> there = find(handle, heading.namespace(), heading.name());
        precondition.check(there.map(DefinitionRow::revision));
        if (there.isPresent() && there.get().isStored() && !replaces) {
            throw new EventMeshException(
                    ErrorCode.ALREADY_EXISTS,
                    "%s: '%s' exists (expected: a free name)"
                            .formatted(type.kind().word(), heading.name()));
        }
        List<Field> problems = new ArrayList<>();
        S spec = type.complete(handle, heading.namespace(), given, there, problems);
        String json = Json.write(type.stored(spec));
        DefinitionRow old = there.orElse(null);
        if (old != null && old.spec().equals(json) && old.labels().equals(heading.labels())) {
            hook.stored(handle, change(old, old, List.of()));
            return new Stored<>(old, false);
        }
        if (old != null && replaces) {
            precondition.require(old.revision());
        }
        long now = clock.millis();
        DefinitionRow row =
                (old == null ? fresh(heading, now) : old).next(heading.labels(), json, type.state(old, spec, now), now);
        String shown = Json.write(type.shown(row));
        DefinitionTable.store(handle, row, shown, type.uses(spec));
        type.require(handle, row, spec, problems);
        if (!problems.isEmpty() && !hook.isPlan()) {
            throw new InvalidDocument(type.refusal(), type.kind().word(), problems);
        }
        List<String> warnings = problems.stream()
                .map(problem -> problem.path() + " " + problem.message())
                .toList();
        hook.stored(handle, change(old, row, warnings));
        return new Stored<>(row, old == null);
    }

    private DefinitionRow fresh(Heading heading, long now) {
        String id = UUID.randomUUID().toString();
        return new DefinitionRow(
                id, type.kind(), heading.namespace(), heading.name(), heading.labels(), "", "", 0, now, now);
    }

    /**
     * Changes one in place, whatever others lack meanwhile.
     *
     * @param change what becomes of the specification
     * @param state what becomes of what the admin keeps beside it
     * @throws EventMeshException NOT_FOUND, PRECONDITION_FAILED, and what the change throws
     */
    DefinitionRow edit(
            String namespace,
            String name,
            Precondition precondition,
            UnaryOperator<S> change,
            Function<DefinitionRow, String> state,
            WriteHook hook) {
        DefinitionRow stored = database.asLeader(leader.requireTerm(), handle -> {
            DefinitionRow old = find(handle, namespace, name).orElseThrow(() -> unknown(namespace, name));
            precondition.check(Optional.of(old.revision()));
            S spec = change.apply(read(old));
            String json = Json.write(type.stored(spec));
            String beside = state.apply(old);
            if (json.equals(old.spec()) && beside.equals(old.state())) {
                hook.stored(handle, change(old, old, List.of()));
                return old;
            }
            DefinitionRow row = old.next(old.labels(), json, beside, clock.millis());
            DefinitionTable.store(handle, row, Json.write(type.shown(row)), type.uses(spec));
            hook.stored(handle, change(old, row, List.of()));
            return row;
        });
        leader.changed();
        return stored;
    }

    /**
     * Deletes one that nobody names.
     *
     * @throws EventMeshException NOT_FOUND, PRECONDITION_FAILED also when it is in use, PRECONDITION_REQUIRED
     */
    public void delete(String namespace, String name, Precondition precondition, WriteHook hook) {
        database.asLeader(leader.requireTerm(), handle -> {
            DefinitionRow row = find(handle, namespace, name).orElseThrow(() -> unknown(namespace, name));
            precondition.check(Optional.of(row.revision()));
            precondition.require(row.revision());
            Set<String> users = DefinitionTable.users(handle, type.kind(), namespace, name);
            if (!users.isEmpty()) {
                throw new EventMeshException(
                        ErrorCode.PRECONDITION_FAILED,
                        "%s: '%s' is used by %s (expected: by no rule)"
                                .formatted(type.kind().word(), name, Names.shown(users.toString())));
            }
            if (row.isStored()) {
                DefinitionTable.delete(handle, row.id());
            }
            hook.stored(handle, change(row, null, List.of()));
            return row;
        });
        leader.changed();
    }

    private Change change(@Nullable DefinitionRow before, @Nullable DefinitionRow after, List<String> warnings) {
        DefinitionRow any = Objects.requireNonNull(after == null ? before : after);
        return new Change(
                any.namespace(),
                type.kind().collection() + "/" + any.name(),
                before == null ? null : before.revision(),
                after == null ? null : after.revision(),
                before == null ? null : document(before).toString(),
                after == null ? null : document(after).toString(),
                type.effects(any),
                warnings);
    }

    /** What a person writes to have it as it is. */
    ObjectNode document(DefinitionRow row) {
        ObjectNode document = Json.object();
        document.set("metadata", Heading.document(row.name(), row.namespace(), row.labels()));
        document.set("spec", type.shown(row));
        return document;
    }

    /** What is stored, read. */
    S read(DefinitionRow row) {
        return read(type, row);
    }

    /**
     * What is stored, read as its kind does.
     *
     * @throws EventMeshException DATA_CORRUPT
     */
    static <S> S read(Definition<S> type, DefinitionRow row) {
        List<Field> problems = new ArrayList<>();
        if (Json.stored(row.spec()) instanceof ObjectNode object) {
            S spec = type.parse(new Section(object, "/spec", problems));
            if (problems.isEmpty()) {
                return spec;
            }
        }
        throw new EventMeshException(
                ErrorCode.DATA_CORRUPT,
                "%s: '%s' unreadable (expected: as it was stored)"
                        .formatted(type.kind().word(), row.name()));
    }

    private EventMeshException unknown(String namespace, String name) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND,
                "%s: '%s' (expected: an existing one of namespace '%s')"
                        .formatted(type.kind().word(), Names.shown(name), Names.shown(namespace)));
    }
}
