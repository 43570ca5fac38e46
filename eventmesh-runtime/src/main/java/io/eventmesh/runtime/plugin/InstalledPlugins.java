package io.eventmesh.runtime.plugin;

import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.ConnectorHost;
import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins of an installation: those on the class path, and those in {@code plugins/<kind>-<name>/} beside it, each
 * directory with a child-first class loader of its own. Directories that begin with the name of a {@link ConnectorHost}
 * hold connectors of another family, which the host makes ours; one that it cannot read is left out and said so.
 *
 * <p>Thread-safe. A kind is looked up once, when it is first asked for; two plugins of one kind and name refuse the
 * start.
 */
public final class InstalledPlugins implements Plugins, AutoCloseable {
    private final ClassLoader classPath;
    private static final Logger log = LoggerFactory.getLogger(InstalledPlugins.class);

    private final List<ChildFirstLoader> directories;
    private final List<HostedLoader> hosted;
    private final Map<Class<?>, Map<String, Plugin>> byKind = new ConcurrentHashMap<>();

    /**
     * @param home the installation, with {@code plugins/} in it; empty to know the class path only
     * @param classPath where the runtime and the plugins in {@code lib/} come from
     */
    public InstalledPlugins(Optional<Path> home, ClassLoader classPath) {
        this.classPath = classPath;
        List<ConnectorHost> hosts = new ArrayList<>();
        ServiceLoader.load(ConnectorHost.class, classPath).forEach(hosts::add);
        List<ChildFirstLoader> own = new ArrayList<>();
        List<HostedLoader> foreign = new ArrayList<>();
        for (Path directory :
                home.map(path -> PluginDirectory.all(path.resolve("plugins"))).orElse(List.of())) {
            String name = directory.getFileName().toString();
            URL[] jars = PluginDirectory.jars(directory);
            hosts.stream()
                    .filter(host -> name.startsWith(host.name() + "-"))
                    .findFirst()
                    .ifPresentOrElse(
                            host -> foreign.add(new HostedLoader(name, jars, host)),
                            () -> own.add(new ChildFirstLoader(name, jars, classPath)));
        }
        this.directories = List.copyOf(own);
        this.hosted = List.copyOf(foreign);
    }

    @Override
    public <P extends Plugin> List<P> all(Class<P> kind) {
        return found(kind).values().stream().map(kind::cast).toList();
    }

    @Override
    public <P extends Plugin> P named(Class<P> kind, String name) {
        Map<String, Plugin> found = found(kind);
        Plugin plugin = found.get(name);
        if (plugin == null) {
            throw new EventMeshException(
                    ErrorCode.PLUGIN_UNKNOWN,
                    "%s: '%s' (expected one of: %s)".formatted(label(kind), name, found.keySet()));
        }
        return kind.cast(plugin);
    }

    /** Closes the class loaders; to be called when no plugin runs any more. */
    @Override
    public void close() {
        List<URLClassLoader> loaders = new ArrayList<>(directories);
        loaders.addAll(hosted);
        for (URLClassLoader loader : loaders) {
            try {
                loader.close();
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }
    }

    private Map<String, Plugin> found(Class<? extends Plugin> kind) {
        return byKind.computeIfAbsent(kind, unused -> find(kind));
    }

    private <P extends Plugin> Map<String, Plugin> find(Class<P> kind) {
        List<P> providers = new ArrayList<>();
        try {
            ServiceLoader.load(kind, classPath).forEach(providers::add);
            for (ChildFirstLoader loader : directories) {
                // the loader sees the runtime's own service files too, whose providers are known already
                ServiceLoader.load(kind, loader).stream()
                        .filter(provider -> provider.type().getClassLoader() == loader)
                        .forEach(provider -> providers.add(provider.get()));
            }
        } catch (ServiceConfigurationError broken) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL, "%s cannot be loaded: %s".formatted(label(kind), broken.getMessage()), broken);
        }
        if (ConnectorProvider.class.isAssignableFrom(kind)) {
            for (HostedLoader loader : hosted) {
                hosted(loader).stream().filter(kind::isInstance).map(kind::cast).forEach(providers::add);
            }
        }
        Map<String, Plugin> named = new TreeMap<>();
        List<String> problems = new ArrayList<>();
        for (P provider : providers) {
            Plugin other = named.putIfAbsent(provider.name(), provider);
            if (other != null) {
                problems.add("%s: '%s' twice, %s and %s (expected: one plugin of a name)"
                        .formatted(label(kind), provider.name(), origin(other), origin(provider)));
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigException("the plugins", problems);
        }
        return named;
    }

    private static List<ConnectorProvider<?>> hosted(HostedLoader loader) {
        try {
            return loader.providers();
        } catch (Exception | LinkageError broken) {
            log.error("Plugin directory left out. directory=plugins/{} error={}", loader.getName(), broken.toString());
            return List.of();
        }
    }

    /** {@code storage} of {@code StorageProvider}. */
    private static String label(Class<?> kind) {
        return kind.getSimpleName()
                        .replaceFirst("Provider$", "")
                        .replaceAll("(?<=[a-z])(?=[A-Z])", " ")
                        .toLowerCase(Locale.ROOT)
                + " plugin";
    }

    private static String origin(Plugin plugin) {
        String loader = plugin.getClass().getClassLoader() instanceof ChildFirstLoader own
                ? " of plugins/" + own.getName()
                : "";
        return plugin.getClass().getName() + loader;
    }
}
