package io.eventmesh.admin.definition;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.DefinitionKind;
import io.eventmesh.admin.database.DefinitionRow;
import io.eventmesh.admin.database.DefinitionTable;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.CredentialDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.rules.spec.BusSpec;
import io.eventmesh.rules.spec.CredentialSpec;
import io.eventmesh.rules.spec.DeliverySpec;
import io.eventmesh.rules.spec.RuleSpec;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/**
 * All definitions at the newest version, as runtimes are told. Made once for a version, whoever asks; a rule that did not
 * change, nor its bus, is not read again. Thread-safe; blocks on the database.
 */
final class Snapshots {
    /** Who sends, and so needs what proves it. */
    private static final String SENDING_ROLE = "mesh";

    private record Bus(String namespace, String name) {}

    private record Told(long revision, long busRevision, RuleDefinition definition) {}

    private final Database database;
    private final RuleType rules;
    private final BusType buses = new BusType();
    private final CredentialType credentials = new CredentialType();
    private final MeshClock clock;
    private Map<String, Told> told = new HashMap<>();
    private @Nullable Definitions newest;

    Snapshots(Database database, RuleType rules, MeshClock clock) {
        this.database = database;
        this.rules = rules;
        this.clock = clock;
    }

    /** @param roles of the process that asks: credentials are for those alone that send */
    Definitions of(Collection<String> roles) {
        Definitions all = database.transaction(this::newest);
        return roles.contains(SENDING_ROLE)
                ? all
                : all.toBuilder().clearCredentials().build();
    }

    private synchronized Definitions newest(Handle handle) {
        long version = DefinitionTable.version(handle);
        Definitions known = newest;
        if (known == null || known.getVersion() != version) {
            known = read(handle, version);
            newest = known;
        }
        return known;
    }

    private Definitions read(Handle handle, long version) {
        Definitions.Builder all = Definitions.newBuilder().setVersion(version);
        Map<Bus, DefinitionRow> rows = new HashMap<>();
        DefinitionTable.all(handle, DefinitionKind.BUS)
                .forEach(row -> rows.put(new Bus(row.namespace(), row.name()), row));
        Map<Bus, TreeSet<String>> patterns = new HashMap<>();
        patterns.put(new Bus(Names.DEFAULT_NAMESPACE, BusSpec.DEFAULT_NAME), new TreeSet<>());
        Map<Bus, BusSpec> specs = new HashMap<>();
        rows.keySet().forEach(bus -> patterns.put(bus, new TreeSet<>()));
        Map<String, Told> next = new HashMap<>();
        for (DefinitionRow row : DefinitionTable.all(handle, DefinitionKind.RULE)) {
            Told rule = told(row, rows, specs);
            next.put(row.id(), rule);
            all.addRules(rule.definition());
            patterns.computeIfAbsent(new Bus(row.namespace(), rule.definition().getBus()), missing -> new TreeSet<>())
                    .addAll(rule.definition().getPatternsList());
        }
        told = next;
        new TreeMap<>(named(patterns.keySet())).values().forEach(bus -> {
            BusSpec spec = spec(bus, rows, specs);
            // a bus without patterns of its own reads whatever its rules read
            all.addBuses(bus(bus, rows, spec)
                    .addAllPatterns(
                            spec.patterns().isEmpty() ? Objects.requireNonNull(patterns.get(bus)) : spec.patterns()));
        });
        for (DefinitionRow row : DefinitionTable.all(handle, DefinitionKind.CREDENTIAL)) {
            all.addCredentials(credential(row));
        }
        return all.build();
    }

    private static Map<String, Bus> named(Collection<Bus> all) {
        Map<String, Bus> named = new HashMap<>();
        all.forEach(bus -> named.put(bus.namespace() + "/" + bus.name(), bus));
        return named;
    }

    private Told told(DefinitionRow row, Map<Bus, DefinitionRow> rows, Map<Bus, BusSpec> specs) {
        Told before = told.get(row.id());
        if (before != null && before.revision() == row.revision()) {
            DefinitionRow bus =
                    rows.get(new Bus(row.namespace(), before.definition().getBus()));
            if (before.busRevision() == (bus == null ? 0 : bus.revision())) {
                return before;
            }
        }
        RuleSpec spec = DefinitionStore.read(rules, row);
        DefinitionRow bus = rows.get(new Bus(row.namespace(), spec.bus()));
        return new Told(row.revision(), bus == null ? 0 : bus.revision(), definition(row, spec, rows, specs));
    }

    private RuleDefinition definition(
            DefinitionRow row, RuleSpec spec, Map<Bus, DefinitionRow> rows, Map<Bus, BusSpec> specs) {
        RuleState state = RuleState.of(row);
        DeliveryPolicy base = spec(new Bus(row.namespace(), spec.bus()), rows, specs)
                .delivery()
                .over(DeliverySpec.defaults());
        return spec.definition(row.namespace(), row.name(), row.revision(), base, state.epochs()).toBuilder()
                .setSinceMs(state.sinceMillis())
                .build();
    }

    private BusSpec spec(Bus bus, Map<Bus, DefinitionRow> rows, Map<Bus, BusSpec> specs) {
        DefinitionRow row = rows.get(bus);
        return row == null ? BusSpec.DEFAULT : specs.computeIfAbsent(bus, unread -> DefinitionStore.read(buses, row));
    }

    private BusDefinition.Builder bus(Bus bus, Map<Bus, DefinitionRow> rows, BusSpec spec) {
        BusDefinition.Builder definition = BusDefinition.newBuilder()
                .setNamespace(bus.namespace())
                .setName(bus.name())
                .setShards(spec.shards());
        DefinitionRow row = rows.get(bus);
        if (row != null) {
            definition.setRevision(row.revision()).addAllLayouts(BusType.layouts(row, clock.millis()));
        }
        return definition;
    }

    private CredentialDefinition credential(DefinitionRow row) {
        CredentialSpec spec = DefinitionStore.read(credentials, row);
        return CredentialDefinition.newBuilder()
                .setNamespace(row.namespace())
                .setName(row.name())
                .setRevision(row.revision())
                .setKind(spec.kind())
                .setSpec(spec.told())
                .build();
    }

    /** One rule, as they are told. */
    RuleDefinition rule(DefinitionRow row) {
        return database.transaction(handle -> {
            RuleSpec spec = DefinitionStore.read(rules, row);
            Bus bus = new Bus(row.namespace(), spec.bus());
            Map<Bus, DefinitionRow> rows = new HashMap<>();
            DefinitionTable.find(handle, DefinitionKind.BUS, bus.namespace(), bus.name())
                    .ifPresent(there -> rows.put(bus, there));
            return definition(row, spec, rows, new HashMap<>());
        });
    }
}
