package io.eventmesh.runtime.plugin;

import io.eventmesh.spi.connector.ConnectorProvider;
import io.eventmesh.spi.plugin.Plugin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plugin directory as it was at one moment: its class loader, its providers, and how many work with them. Retired when
 * the directory has changed; unloaded when it is retired and nobody works with it. Thread-safe.
 */
final class PluginGeneration {
    private static final Logger log = LoggerFactory.getLogger(PluginGeneration.class);

    private final String fingerprint;
    private final PluginLoader loader;
    private final Map<Class<?>, List<Plugin>> byKind = new HashMap<>();
    private @Nullable List<ConnectorProvider<?>> hosted;
    private @Nullable String broken;
    private int uses;
    private boolean retired;
    private boolean closed;

    PluginGeneration(String fingerprint, PluginLoader loader) {
        this.fingerprint = fingerprint;
        this.loader = loader;
    }

    String fingerprint() {
        return fingerprint;
    }

    /** The providers of a kind; none when the directory is broken, which is said once. */
    synchronized <P extends Plugin> List<P> providers(Class<P> kind) {
        if (closed || broken != null) {
            return List.of();
        }
        List<Plugin> found = byKind.get(kind);
        if (found == null) {
            try {
                found = load(kind);
            } catch (Exception | ServiceConfigurationError | LinkageError unusable) {
                broken = String.valueOf(unusable.getMessage());
                log.error(
                        "Plugin directory left out, the others go on. directory=plugins/{} kind={} error={}",
                        loader.getName(),
                        kind.getSimpleName(),
                        broken);
                found = List.of();
            }
            byKind.put(kind, found);
        }
        return found.stream().map(kind::cast).toList();
    }

    /** Why it is left out; null when it is not. */
    synchronized @Nullable String broken() {
        return broken;
    }

    /** Somebody begins to work with it; false when it is unloaded already. */
    synchronized boolean acquire() {
        if (closed) {
            return false;
        }
        uses++;
        return true;
    }

    /** Somebody has ended working with it. */
    void release() {
        synchronized (this) {
            uses--;
        }
        closeWhenDone();
    }

    /** Nobody new gets it. */
    void retire() {
        synchronized (this) {
            retired = true;
            if (uses > 0) {
                log.info("Plugin replaced, the earlier one goes on for a while. plugin={} uses={}", name(), uses);
            }
        }
        closeWhenDone();
    }

    String name() {
        return loader.getName();
    }

    private void closeWhenDone() {
        synchronized (this) {
            if (!retired || uses > 0 || closed) {
                return;
            }
            closed = true;
            byKind.clear();
            hosted = null;
        }
        LoaderSweep.close(loader);
    }

    private <P extends Plugin> List<Plugin> load(Class<P> kind) throws Exception {
        List<Plugin> found = new ArrayList<>();
        if (loader instanceof HostedLoader foreign) {
            if (ConnectorProvider.class.isAssignableFrom(kind)) {
                if (hosted == null) {
                    hosted = foreign.providers();
                }
                hosted.stream().filter(kind::isInstance).forEach(found::add);
            }
            return found;
        }
        // the loader sees the runtime's own service files too, whose providers are known already
        ServiceLoader.load(kind, loader).stream()
                .filter(provider -> provider.type().getClassLoader() == loader)
                .forEach(provider -> found.add(provider.get()));
        return found;
    }
}
