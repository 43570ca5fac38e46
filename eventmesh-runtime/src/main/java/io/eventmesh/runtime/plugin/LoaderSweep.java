package io.eventmesh.runtime.plugin;

import java.beans.Introspector;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Objects;
import java.util.ResourceBundle;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Closes the class loader of a plugin that nobody uses any more, after taking away what libraries leave behind in the
 * JVM and what would hold the loader for ever: drivers, MBeans, bundles, threads.
 */
final class LoaderSweep {
    private static final Logger log = LoggerFactory.getLogger(LoaderSweep.class);

    private LoaderSweep() {}

    /** Never fails; what cannot be taken away is said. */
    static void close(PluginLoader loader) {
        Thread current = Thread.currentThread();
        ClassLoader before = current.getContextClassLoader();
        current.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try {
            for (Step step : List.<Step>of(
                    LoaderSweep::drivers,
                    LoaderSweep::beans,
                    ResourceBundle::clearCache,
                    swept -> Introspector.flushCaches(),
                    LoaderSweep::threads,
                    PluginLoader::close)) {
                attempt(step, loader);
            }
        } finally {
            current.setContextClassLoader(before);
        }
        log.info("Plugin unloaded. plugin={}", loader.getName());
    }

    private interface Step {
        void take(PluginLoader loader) throws Exception;
    }

    private static void attempt(Step step, PluginLoader loader) {
        try {
            step.take(loader);
        } catch (Exception | LinkageError failure) {
            log.warn("Plugin not unloaded cleanly. plugin={} error={}", loader.getName(), failure.toString());
        }
    }

    private static void drivers(PluginLoader loader) throws IOException, ReflectiveOperationException {
        String name = DriverSweep.class.getName();
        byte[] bytes;
        try (InputStream file = Objects.requireNonNull(DriverSweep.class.getResourceAsStream("DriverSweep.class"))) {
            bytes = file.readAllBytes();
        }
        ((Runnable) loader.define(name, bytes).getConstructor().newInstance()).run();
    }

    private static void beans(PluginLoader loader) throws JMException {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        for (ObjectName name : server.queryNames(null, null)) {
            try {
                if (belongs(server.getClassLoaderFor(name), loader)) {
                    server.unregisterMBean(name);
                }
            } catch (InstanceNotFoundException gone) {
                log.debug("MBean went by itself. name={}", name);
            }
        }
    }

    /** A thread whose context is the plugin's holds it, and would go on running its code. */
    private static void threads(PluginLoader loader) {
        for (Thread thread : Thread.getAllStackTraces().keySet()) {
            if (thread != Thread.currentThread() && belongs(thread.getContextClassLoader(), loader)) {
                log.warn(
                        "Plugin left a thread behind, it is interrupted. plugin={} thread={}",
                        loader.getName(),
                        thread.getName());
                thread.interrupt();
            }
        }
    }

    private static boolean belongs(@Nullable ClassLoader one, PluginLoader loader) {
        for (ClassLoader each = one; each != null; each = each.getParent()) {
            if (each == loader) {
                return true;
            }
        }
        return false;
    }
}
