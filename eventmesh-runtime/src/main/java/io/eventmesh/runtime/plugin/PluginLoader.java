package io.eventmesh.runtime.plugin;

import java.net.URL;
import java.net.URLClassLoader;

/** The class loader of one plugin directory, named after it. Thread-safe. */
abstract class PluginLoader extends URLClassLoader {
    static {
        registerAsParallelCapable();
    }

    PluginLoader(String name, URL[] jars, ClassLoader parent) {
        super(name, jars, parent);
    }

    /** Makes a class as if it lay in the directory. */
    final Class<?> define(String name, byte[] bytes) {
        return defineClass(name, bytes, 0, bytes.length);
    }
}
