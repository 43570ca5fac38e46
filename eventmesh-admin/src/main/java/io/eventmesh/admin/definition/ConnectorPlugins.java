package io.eventmesh.admin.definition;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.schedule.Report.PluginInfo;
import io.eventmesh.admin.schedule.Views;
import io.eventmesh.common.config.Binder;
import io.eventmesh.common.config.Bound;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** The connector plugins that this process or any runtime has. Thread-safe; blocks on the database. */
public final class ConnectorPlugins {
    /**
     * A plugin and who has it.
     *
     * @param plugin in one of its versions
     * @param runtimes their ids; empty when only this process has it
     * @param versions the runtimes that have each version
     */
    public record Known(PluginInfo plugin, List<String> runtimes, Map<String, List<String>> versions) {}

    private final Plugins plugins;
    private final Database database;

    public ConnectorPlugins(Plugins plugins, Database database) {
        this.plugins = plugins;
        this.database = database;
    }

    /** All of them, by kind and name. */
    public List<Known> all() {
        Map<String, PluginInfo> infos = new TreeMap<>();
        Map<String, TreeSet<String>> owners = new TreeMap<>();
        Map<String, TreeMap<String, List<String>>> versions = new TreeMap<>();
        for (ConnectorProvider<?> provider : providers()) {
            PluginInfo info = new PluginInfo(kind(provider), provider.name(), provider.version(), schema(provider));
            infos.put(info.kind() + "/" + info.name(), info);
            versions.computeIfAbsent(info.kind() + "/" + info.name(), missing -> new TreeMap<>())
                    .put(info.version(), new ArrayList<>());
        }
        for (RuntimeRow runtime : database.transaction(RuntimeTable::all)) {
            for (PluginInfo info : Views.plugins(runtime)) {
                String key = info.kind().toLowerCase(Locale.ROOT) + "/" + info.name();
                infos.putIfAbsent(key, info);
                owners.computeIfAbsent(key, missing -> new TreeSet<>()).add(runtime.id());
                versions.computeIfAbsent(key, missing -> new TreeMap<>())
                        .computeIfAbsent(info.version(), missing -> new ArrayList<>())
                        .add(runtime.id());
            }
        }
        List<Known> known = new ArrayList<>();
        infos.forEach((key, info) -> known.add(new Known(
                info,
                List.copyOf(owners.getOrDefault(key, new TreeSet<>())),
                versions.getOrDefault(key, new TreeMap<>()))));
        return known;
    }

    /**
     * Adds what is wrong with a configuration, as far as can be said here: all of it when this process has the plugin,
     * nothing when only a runtime has it.
     *
     * @throws EventMeshException PLUGIN_UNKNOWN
     */
    void check(String kind, String name, String config, List<Field> problems) {
        Optional<ConnectorProvider<?>> provider = provider(kind, name);
        if (provider.isEmpty()) {
            requireKnown(kind, name);
            return;
        }
        for (String line : problems(provider.get(), Json.plain(Json.stored(config)))) {
            int colon = line.indexOf(": ");
            String key = colon < 0 ? "" : "/" + line.substring(0, colon).replace('.', '/');
            problems.add(new Field("/spec/config" + key, colon < 0 ? line : line.substring(colon + 2)));
        }
    }

    private void requireKnown(String kind, String name) {
        List<String> names = all().stream()
                .filter(known -> known.plugin().kind().equalsIgnoreCase(kind))
                .map(known -> known.plugin().name())
                .toList();
        if (!names.contains(name)) {
            throw new EventMeshException(
                    ErrorCode.PLUGIN_UNKNOWN,
                    "%s plugin: '%s' (expected one of: %s)"
                            .formatted(kind.toLowerCase(Locale.ROOT), Names.shown(name), names));
        }
    }

    /** Adds a problem for every secret in plain text, as far as anybody knows the plugin's schema. */
    void checkSecrets(String kind, String name, String config, List<Field> problems) {
        all().stream()
                .map(Known::plugin)
                .filter(plugin -> plugin.kind().equalsIgnoreCase(kind)
                        && plugin.name().equals(name)
                        && !plugin.schema().isEmpty())
                .forEach(plugin -> Secrets.refuseLiterals(
                        Json.stored(plugin.schema()), Json.stored(config), "/spec/config", problems));
    }

    /** Adds what is wrong with what a connector's tasks do with events. */
    void checkHandling(String handling, String connector, List<Field> problems) {
        Handling.check(handling, connector, plugins, problems);
    }

    /** The plugin's provider, if this process has it. */
    private Optional<ConnectorProvider<?>> provider(String kind, String name) {
        return providers().stream()
                .filter(provider ->
                        kind(provider).equalsIgnoreCase(kind) && provider.name().equals(name))
                .findFirst();
    }

    /**
     * What is wrong with a configuration, one line a problem, {@code key: value (expected: …)}. A key whose value is
     * filled in by the runtime ({@code ${env:…}}, {@code ${file:…}}) cannot be judged here.
     */
    private static <C extends Record> List<String> problems(ConnectorProvider<C> provider, Map<String, Object> config) {
        Map<String, Object> known = new TreeMap<>(config);
        known.values().removeIf(value -> String.valueOf(value).contains("${"));
        Bound<C> bound = Binder.bind(provider.configType(), provider.defaults(), known, "");
        C value = bound.value();
        if (known.size() == config.size()) {
            return value == null || !bound.isValid() ? bound.problems() : provider.validate(value);
        }
        return bound.problems().stream()
                .filter(problem -> config.keySet().stream()
                        .noneMatch(key -> !known.containsKey(key) && problem.startsWith(key + ":")))
                .toList();
    }

    private List<ConnectorProvider<?>> providers() {
        List<ConnectorProvider<?>> all = new ArrayList<>();
        for (SourceConnectorProvider<?> source : plugins.all(SourceConnectorProvider.class)) {
            all.add(source);
        }
        for (SinkConnectorProvider<?> sink : plugins.all(SinkConnectorProvider.class)) {
            all.add(sink);
        }
        return all;
    }

    private static String kind(ConnectorProvider<?> provider) {
        return provider instanceof SourceConnectorProvider<?> ? "source" : "sink";
    }

    private static <C extends Record> String schema(ConnectorProvider<C> provider) {
        return Json.write(provider.schema());
    }
}
