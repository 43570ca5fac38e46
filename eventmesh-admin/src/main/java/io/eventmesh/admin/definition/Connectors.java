package io.eventmesh.admin.definition;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.ConnectorTable;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.Desired;
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
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Connectors as people define them. Every write is checked completely before anything is stored, is stored under the
 * leader's term, and reaches the scheduler afterwards.
 *
 * <p>Thread-safe; blocks on the database. Writes fail with NOT_LEADER at an admin that does not lead.
 */
public final class Connectors {
    /** What a write may be stored in spite of. */
    private static final Set<ErrorCode> FORCED = Set.of(ErrorCode.PLUGIN_UNKNOWN, ErrorCode.CONNECTOR_CONFIG_INVALID);

    private final Database database;
    private final Leader leader;
    private final ConnectorPlugins plugins;
    private final MeshClock clock;

    public Connectors(Database database, Leader leader, ConnectorPlugins plugins, MeshClock clock) {
        this.database = database;
        this.leader = leader;
        this.plugins = plugins;
        this.clock = clock;
    }

    /** Those of a namespace after a name, in the order of their names. */
    public List<ConnectorRow> list(String namespace, String after, int limit) {
        return database.transaction(handle -> ConnectorTable.list(handle, namespace, after, limit));
    }

    /**
     * The connector of this name.
     *
     * @throws EventMeshException NOT_FOUND
     */
    public ConnectorRow get(String namespace, String name) {
        return database.transaction(handle -> ConnectorTable.find(handle, namespace, name))
                .orElseThrow(() -> unknown(namespace, name));
    }

    /**
     * Creates a connector.
     *
     * @throws EventMeshException REQUEST_INVALID, PLUGIN_UNKNOWN, CONNECTOR_CONFIG_INVALID, ALREADY_EXISTS
     */
    public ConnectorRow create(String namespace, ObjectNode body, WriteHook hook) {
        return write(namespace, Optional.empty(), body, Precondition.NONE, false, hook)
                .row();
    }

    /**
     * Creates or replaces a connector; replacing it by the same changes nothing.
     *
     * @param force store it also when its plugin is unknown or its configuration is wrong; a secret in plain text is
     *     refused nevertheless
     * @throws EventMeshException as {@link #create}, PRECONDITION_FAILED, PRECONDITION_REQUIRED
     */
    public Stored<ConnectorRow> put(
            String namespace, String name, ObjectNode body, Precondition precondition, boolean force, WriteHook hook) {
        return write(namespace, Optional.of(name), body, precondition, force, hook);
    }

    /**
     * Changes what a merge patch (RFC 7396) names.
     *
     * @throws EventMeshException as {@link #put}, NOT_FOUND
     */
    public Stored<ConnectorRow> patch(
            String namespace, String name, ObjectNode patch, Precondition precondition, WriteHook hook) {
        ConnectorRow there = get(namespace, name);
        precondition.require(there.revision());
        // what was read is what the patch is for: if somebody else writes meanwhile, nothing is changed
        Precondition same = precondition.revision().isPresent()
                ? precondition
                : new Precondition(Optional.of(there.revision()), false, true);
        ObjectNode merged = (ObjectNode) Json.stored(ConnectorChanges.document(there));
        Json.merge(merged, patch);
        return write(namespace, Optional.of(name), merged, same, false, hook);
    }

    /**
     * Says what is wanted of all its tasks.
     *
     * @throws EventMeshException NOT_FOUND, ALREADY_EXISTS while it is being deleted
     */
    public ConnectorRow desire(String namespace, String name, Desired desired, WriteHook hook) {
        ConnectorRow stored = database.asLeader(leader.requireTerm(), handle -> {
            ConnectorRow old = ConnectorTable.find(handle, namespace, name).orElseThrow(() -> unknown(namespace, name));
            if (old.deleting()) {
                throw deleting(name);
            }
            ConnectorRow row = old.desired() == desired ? old : old.wanting(desired, false, clock.millis());
            if (!row.equals(old)) {
                ConnectorTable.update(handle, row);
            }
            hook.stored(handle, ConnectorChanges.of(old, row));
            return row;
        });
        leader.changed();
        return stored;
    }

    private Stored<ConnectorRow> write(
            String namespace,
            Optional<String> name,
            ObjectNode body,
            Precondition precondition,
            boolean force,
            WriteHook hook) {
        long term = leader.requireTerm();
        List<Field> problems = new ArrayList<>();
        Section document = new Section(body, "", problems).only("metadata", "spec", "status");
        Heading heading = Heading.read(document, namespace, name, problems);
        ConnectorSpec spec = ConnectorSpec.read(document, problems);
        if (!problems.isEmpty()) {
            throw new InvalidDocument(ErrorCode.REQUEST_INVALID, "connector", problems);
        }
        Checked checked = checkPlugin(heading.name(), spec, force);
        Stored<ConnectorRow> stored = database.asLeader(
                term, handle -> write(handle, heading, checked, precondition, name.isPresent(), hook));
        leader.changed();
        return stored;
    }

    private Stored<ConnectorRow> write(
            Handle handle,
            Heading heading,
            Checked checked,
            Precondition precondition,
            boolean replaces,
            WriteHook hook) {
        Optional<ConnectorRow> there = ConnectorTable.find(handle, heading.namespace(), heading.name());
        precondition.check(there.map(ConnectorRow::revision));
        if (there.isEmpty()) {
            ConnectorRow row = first(heading, checked);
            ConnectorTable.insert(handle, row);
            ConnectorTable.fitTasks(handle, row, clock.millis());
            hook.stored(handle, ConnectorChanges.of(null, row));
            return new Stored<>(row, true);
        }
        ConnectorRow old = there.get();
        if (old.deleting()) {
            throw deleting(heading.name());
        }
        if (!replaces) {
            throw new EventMeshException(
                    ErrorCode.ALREADY_EXISTS,
                    "connector: '%s' exists (expected: a free name)".formatted(heading.name()));
        }
        ConnectorRow row = next(old, heading, checked);
        if (!row.equals(old)) {
            precondition.require(old.revision());
            ConnectorTable.update(handle, row);
            ConnectorTable.fitTasks(handle, row, clock.millis());
        }
        hook.stored(handle, ConnectorChanges.of(old, row));
        return new Stored<>(row, false);
    }

    private ConnectorRow first(Heading heading, Checked checked) {
        ConnectorSpec spec = checked.spec();
        long now = clock.millis();
        return new ConnectorRow(
                UUID.randomUUID().toString(),
                heading.namespace(),
                heading.name(),
                heading.labels(),
                spec.kind(),
                spec.plugin(),
                spec.pluginVersion(),
                spec.topic(),
                spec.config(),
                1,
                0,
                spec.desired(),
                spec.tasksMax(),
                spec.placement(),
                spec.handling(),
                spec.drainMillis(),
                checked.invalid(),
                false,
                1,
                now,
                now);
    }

    private ConnectorRow next(ConnectorRow old, Heading heading, Checked checked) {
        ConnectorSpec spec = checked.spec();
        if (!old.kind().equals(spec.kind()) || !old.plugin().equals(spec.plugin())) {
            // source positions of one plugin mean nothing to another
            throw new InvalidDocument(
                    ErrorCode.REQUEST_INVALID,
                    "connector",
                    List.of(new Field(
                            "/spec/plugin",
                            "%s %s (expected: %s %s; delete the connector to change it)"
                                    .formatted(spec.kind(), Names.shown(spec.plugin()), old.kind(), old.plugin()))));
        }
        boolean tasksChange = !old.config().equals(spec.config())
                || !old.topic().equals(spec.topic())
                || !old.pluginVersion().equals(spec.pluginVersion())
                || !old.handling().equals(spec.handling())
                || old.tasksMax() != spec.tasksMax();
        boolean same = !tasksChange
                && old.desired() == spec.desired()
                && old.placement().equals(spec.placement())
                && old.drainMillis() == spec.drainMillis()
                && old.invalid().equals(checked.invalid())
                && old.labels().equals(heading.labels());
        return same
                ? old
                : new ConnectorRow(
                        old.id(),
                        old.namespace(),
                        old.name(),
                        heading.labels(),
                        old.kind(),
                        old.plugin(),
                        spec.pluginVersion(),
                        spec.topic(),
                        spec.config(),
                        tasksChange ? old.configRev() + 1 : old.configRev(),
                        old.goodRev(),
                        spec.desired(),
                        spec.tasksMax(),
                        spec.placement(),
                        spec.handling(),
                        spec.drainMillis(),
                        checked.invalid(),
                        false,
                        old.revision() + 1,
                        old.createdMillis(),
                        clock.millis());
    }

    /**
     * Deletes a connector: its tasks are told to stop, then it is gone. Deleting one that is being deleted succeeds.
     *
     * @throws EventMeshException NOT_FOUND, PRECONDITION_FAILED, PRECONDITION_REQUIRED
     */
    public void delete(String namespace, String name, Precondition precondition, WriteHook hook) {
        database.asLeader(leader.requireTerm(), handle -> {
            ConnectorRow old = ConnectorTable.find(handle, namespace, name).orElseThrow(() -> unknown(namespace, name));
            precondition.check(Optional.of(old.revision()));
            precondition.require(old.revision());
            ConnectorRow row = old.wanting(Desired.STOPPED, true, clock.millis());
            if (!old.deleting()) {
                ConnectorTable.update(handle, row);
                ConnectorTable.fitTasks(handle, row, clock.millis());
            }
            hook.stored(handle, ConnectorChanges.of(old, null));
            return row;
        });
        leader.changed();
    }

    private static EventMeshException deleting(String name) {
        return new EventMeshException(
                ErrorCode.ALREADY_EXISTS, "connector: '%s' is being deleted (expected: a free name)".formatted(name));
    }

    /**
     * A specification that may be stored.
     *
     * @param invalid what is wrong with it nevertheless, or empty
     */
    private record Checked(ConnectorSpec spec, String invalid) {}

    private Checked checkPlugin(String name, ConnectorSpec spec, boolean force) {
        List<Field> problems = new ArrayList<>();
        plugins.checkSecrets(spec.kind(), spec.plugin(), spec.config(), problems);
        if (!problems.isEmpty()) {
            throw invalid(problems);
        }
        try {
            plugins.check(spec.kind(), spec.plugin(), spec.config(), problems);
            plugins.checkHandling(spec.handling(), name, problems);
            if (!problems.isEmpty()) {
                throw invalid(problems);
            }
        } catch (EventMeshException refused) {
            if (force && FORCED.contains(refused.code())) {
                return new Checked(spec, refused.reason());
            }
            throw refused;
        }
        return new Checked(spec, "");
    }

    private static InvalidDocument invalid(List<Field> problems) {
        return new InvalidDocument(ErrorCode.CONNECTOR_CONFIG_INVALID, "connector configuration", problems);
    }

    /**
     * What can be said of a connector without asking a runtime; nothing is stored.
     *
     * @param problems of the document and of the configuration, as far as this process knows its schema
     */
    public record Findings(
            String kind, String plugin, String config, String topic, boolean readable, List<Field> problems) {}

    /** Checks a connector as it would be written. */
    public Findings check(String namespace, Optional<String> name, ObjectNode body) {
        List<Field> problems = new ArrayList<>();
        Section document = new Section(body, "", problems).only("metadata", "spec", "status");
        Heading heading = Heading.read(document, namespace, name, problems);
        ConnectorSpec spec = ConnectorSpec.read(document, problems);
        boolean readable = problems.isEmpty();
        if (readable) {
            try {
                plugins.checkSecrets(spec.kind(), spec.plugin(), spec.config(), problems);
                plugins.check(spec.kind(), spec.plugin(), spec.config(), problems);
                plugins.checkHandling(spec.handling(), heading.name(), problems);
            } catch (EventMeshException unknown) {
                problems.add(new Field("/spec/plugin", unknown.reason()));
            }
        }
        return new Findings(spec.kind(), spec.plugin(), spec.config(), spec.topic(), readable, List.copyOf(problems));
    }

    private static EventMeshException unknown(String namespace, String name) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND,
                "connector: '%s' (expected: an existing one of namespace '%s')"
                        .formatted(Names.shown(name), Names.shown(namespace)));
    }
}
