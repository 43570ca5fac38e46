package io.eventmesh.runtime.plugin;

import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.ConnectorHost;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.PluginUse;
import io.eventmesh.spi.plugin.Plugins;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The plugins of an installation: those on the class path, and those in {@code plugins/<kind>-<name>/} beside it, each
 * directory with a child-first class loader of its own. Directories that begin with the name of a {@link ConnectorHost}
 * hold connectors of another family, which the host makes ours. A directory that cannot be read is left out and said so;
 * a broken class path, and two plugins of one kind and name, refuse the start.
 *
 * <p>A directory may be replaced, added or taken away while the process runs, best by moving new files into place:
 * {@link #use} looks, gives what is there now, and what was there before is unloaded when its last use is closed.
 *
 * <p>Thread-safe.
 */
public final class InstalledPlugins implements Plugins, AutoCloseable {
    /** A provider and where it comes from: a generation, or the class path when there is none. */
    private record Found<P extends Plugin>(
            P plugin, @Nullable PluginGeneration generation) {}

    private final ClassLoader classPath;
    private final Optional<Path> directory;
    private final List<ConnectorHost> hosts = new ArrayList<>();
    private final Map<Path, PluginSlot> slots = new TreeMap<>();
    private final Map<Class<?>, List<Plugin>> onClassPath = new ConcurrentHashMap<>();

    /**
     * @param home the installation, with {@code plugins/} in it; empty to know the class path only
     * @param classPath where the runtime and the plugins in {@code lib/} come from
     */
    public InstalledPlugins(Optional<Path> home, ClassLoader classPath) {
        this.classPath = classPath;
        this.directory = home.map(path -> path.resolve("plugins"));
        ServiceLoader.load(ConnectorHost.class, classPath).forEach(hosts::add);
        rescan();
    }

    @Override
    public <P extends Plugin> List<P> all(Class<P> kind) {
        return found(kind).values().stream().map(Found::plugin).toList();
    }

    @Override
    public <P extends Plugin> P named(Class<P> kind, String name) {
        return one(kind, name).plugin();
    }

    @Override
    public <P extends Plugin> PluginUse<P> use(Class<P> kind, String name) {
        rescan();
        while (true) {
            Found<P> found = one(kind, name);
            PluginGeneration generation = found.generation();
            if (generation == null || generation.acquire()) {
                return new Use<>(found.plugin(), generation);
            }
        }
    }

    /** Closes the class loaders; to be called when no plugin runs any more. */
    @Override
    public void close() {
        synchronized (slots) {
            slots.values().forEach(PluginSlot::retire);
            slots.clear();
        }
    }

    /** Looks what lies in the directories now. */
    @Override
    public void rescan() {
        if (directory.isEmpty()) {
            return;
        }
        synchronized (slots) {
            Set<Path> there = new HashSet<>(PluginDirectory.all(directory.get()));
            slots.entrySet().removeIf(slot -> {
                if (there.contains(slot.getKey())) {
                    slot.getValue().refresh();
                    return false;
                }
                slot.getValue().retire();
                return true;
            });
            there.forEach(path -> slots.computeIfAbsent(path, made -> new PluginSlot(made, classPath, hosts)));
        }
    }

    private <P extends Plugin> Found<P> one(Class<P> kind, String name) {
        Map<String, Found<P>> all = found(kind);
        Found<P> found = all.get(name);
        if (found == null) {
            throw new EventMeshException(
                    ErrorCode.PLUGIN_UNKNOWN,
                    "%s: '%s' (expected one of: %s)".formatted(label(kind), name, all.keySet()));
        }
        return found;
    }

    private <P extends Plugin> Map<String, Found<P>> found(Class<P> kind) {
        List<Found<P>> all = new ArrayList<>();
        onClassPath
                .computeIfAbsent(kind, unused -> load(kind))
                .forEach(plugin -> all.add(new Found<>(kind.cast(plugin), null)));
        for (PluginGeneration generation : generations()) {
            generation.providers(kind).forEach(plugin -> all.add(new Found<>(plugin, generation)));
        }
        Map<String, Found<P>> named = new TreeMap<>();
        List<String> problems = new ArrayList<>();
        for (Found<P> each : all) {
            Found<P> other = named.putIfAbsent(each.plugin().name(), each);
            if (other != null) {
                problems.add("%s: '%s' twice, %s and %s (expected: one plugin of a name)"
                        .formatted(label(kind), each.plugin().name(), origin(other), origin(each)));
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigException("the plugins", problems);
        }
        return named;
    }

    private List<PluginGeneration> generations() {
        synchronized (slots) {
            return slots.values().stream().map(PluginSlot::current).toList();
        }
    }

    private <P extends Plugin> List<Plugin> load(Class<P> kind) {
        List<Plugin> providers = new ArrayList<>();
        try {
            ServiceLoader.load(kind, classPath).forEach(providers::add);
        } catch (ServiceConfigurationError broken) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL, "%s cannot be loaded: %s".formatted(label(kind), broken.getMessage()), broken);
        }
        return providers;
    }

    /** {@code storage} of {@code StorageProvider}. */
    private static String label(Class<?> kind) {
        return kind.getSimpleName()
                        .replaceFirst("Provider$", "")
                        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                        .toLowerCase(Locale.ROOT)
                + " plugin";
    }

    private static String origin(Found<?> found) {
        String loader = found.generation() == null
                ? ""
                : " of plugins/" + found.generation().name();
        return found.plugin().getClass().getName() + loader;
    }

    private static final class Use<P extends Plugin> implements PluginUse<P> {
        private final P plugin;
        private final @Nullable PluginGeneration generation;
        private final AtomicBoolean closed = new AtomicBoolean();

        private Use(P plugin, @Nullable PluginGeneration generation) {
            this.plugin = plugin;
            this.generation = generation;
        }

        @Override
        public P plugin() {
            return plugin;
        }

        @Override
        public void close() {
            if (generation != null && closed.compareAndSet(false, true)) {
                generation.release();
            }
        }
    }
}
