package io.eventmesh.connector.kafka.connect;

import io.eventmesh.spi.connector.HostedDirectory;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URL;
import java.net.URLConnection;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarInputStream;
import org.apache.kafka.connect.connector.Connector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the connectors in the jars of a directory: by their service files, and in jars without any by the names of their
 * classes, since many plugins are older than the service files. No class is initialised. Used by one thread.
 */
final class PluginJars {
    private static final Logger log = LoggerFactory.getLogger(PluginJars.class);
    private static final String SERVICES = "META-INF/services/";
    private static final String CLASS = "Connector.class";

    private final HostedDirectory directory;
    /** Kind and a colon in front of those that a service file names. */
    private final Set<String> named = new TreeSet<>();

    private final Set<String> guessed = new TreeSet<>();

    PluginJars(HostedDirectory directory) throws IOException {
        this.directory = directory;
        for (URL jar : directory.jars()) {
            read(jar);
        }
    }

    /** The connectors of a kind that can be made, ordered by the names of their classes. */
    <C extends Connector> List<Class<? extends C>> connectors(Class<C> kind) {
        List<Class<? extends C>> found = new ArrayList<>();
        String prefix = kind.getName() + ":";
        for (String entry : named) {
            if (entry.startsWith(prefix)) {
                add(kind, entry.substring(prefix.length()), found);
            }
        }
        if (found.isEmpty()) {
            guessed.forEach(name -> add(kind, name, found));
        }
        return found;
    }

    private <C extends Connector> void add(Class<C> kind, String name, List<Class<? extends C>> found) {
        try {
            Class<?> type = Class.forName(name, false, directory.loader());
            if (kind.isAssignableFrom(type) && !Modifier.isAbstract(type.getModifiers())) {
                found.add(type.asSubclass(kind));
            }
        } catch (ClassNotFoundException | LinkageError broken) {
            log.warn(
                    "Connector left out, its class cannot be loaded. plugin={} class={} error={}",
                    directory.name(),
                    name,
                    broken.toString());
        }
    }

    private void read(URL jar) throws IOException {
        URLConnection connection = jar.openConnection();
        connection.setUseCaches(false);
        boolean services = false;
        Set<String> classes = new TreeSet<>();
        try (JarInputStream entries = new JarInputStream(new BufferedInputStream(connection.getInputStream()), false)) {
            for (JarEntry entry = entries.getNextJarEntry(); entry != null; entry = entries.getNextJarEntry()) {
                String name = entry.getName();
                if (name.startsWith(SERVICES + "org.apache.kafka.connect.") && name.endsWith("Connector")) {
                    services = true;
                    lines(name.substring(SERVICES.length()), entries.readAllBytes());
                } else if (name.endsWith(CLASS) && !name.startsWith("META-INF/")) {
                    classes.add(
                            name.substring(0, name.length() - ".class".length()).replace('/', '.'));
                }
            }
        }
        if (!services) {
            guessed.addAll(classes);
        }
    }

    private void lines(String kind, byte[] file) {
        new String(file, StandardCharsets.UTF_8)
                .lines()
                .map(line -> line.replaceFirst("#.*", "").strip())
                .filter(line -> !line.isEmpty())
                .forEach(line -> named.add(kind + ":" + line));
    }
}
