package io.eventmesh.runtime.plugin;

import java.io.IOException;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

/**
 * Loads a plugin's classes from its own jars before those of the runtime, so that a plugin may bring another version of
 * a library. What plugin and runtime speak to each other in comes from the runtime always.
 */
final class ChildFirstLoader extends PluginLoader {
    static {
        registerAsParallelCapable();
    }

    private static final List<String> SHARED = List.of(
            "java.",
            "javax.",
            "jdk.",
            "sun.",
            "io.eventmesh.common.",
            "io.eventmesh.proto.",
            "io.eventmesh.spi.",
            "org.jspecify.",
            "org.slf4j.",
            "ch.qos.logback.",
            "io.cloudevents.",
            "io.micrometer.",
            "com.google.protobuf.");

    ChildFirstLoader(String name, URL[] jars, ClassLoader parent) {
        super(name, jars, parent);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (SHARED.stream().anyMatch(name::startsWith)) {
            return super.loadClass(name, resolve);
        }
        return loadOwnFirst(name, resolve);
    }

    @Override
    public Enumeration<URL> getResources(String name) throws IOException {
        List<URL> all = new ArrayList<>(Collections.list(findResources(name)));
        all.addAll(Collections.list(getParent().getResources(name)));
        return Collections.enumeration(all);
    }
}
