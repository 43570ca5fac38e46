package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.RecordSchema;
import java.lang.reflect.InvocationTargetException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Connector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connector class of Kafka Connect with the class loader it lives in. What is called runs with that loader as the
 * thread's context loader, as Kafka Connect does it. Thread-safe.
 */
final class HostedPlugin<C extends Connector> {
    private static final Logger log = LoggerFactory.getLogger(HostedPlugin.class);

    /** Debezium's name for how long its check may wait for the database: a minute, unless it is set. */
    private static final String PATIENCE = "connection.validation.timeout.ms";

    /** A probe has 5 s. */
    private static final long PROBE_MILLIS = 4_000;

    private final String name;
    private final ClassLoader loader;
    private final Class<? extends C> type;

    HostedPlugin(String name, ClassLoader loader, Class<? extends C> type) {
        this.name = name;
        this.loader = loader;
        this.type = type;
    }

    /** The plugin's name in the mesh. */
    String name() {
        return name;
    }

    String className() {
        return type.getName();
    }

    /** A new connector, not started. */
    C connector() throws Exception {
        return call(() -> made(type));
    }

    /** A new object of a class in the plugin's directory, such as a transform. */
    <T> T make(Class<T> kind, String className) throws Exception {
        return call(() -> made(Class.forName(className, true, loader).asSubclass(kind)));
    }

    /** What a constructor throws is what people want to read. */
    private static <T> T made(Class<T> type) throws Exception {
        try {
            return type.getDeclaredConstructor().newInstance();
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof Exception cause) {
                throw cause;
            }
            if (thrown.getCause() instanceof Error cause) {
                throw cause;
            }
            throw thrown;
        }
    }

    /** What the connector may be configured with. */
    ConfigDef configDef() throws Exception {
        C connector = connector();
        return call(connector::config);
    }

    /** The JSON Schema of a configuration with the connector's settings in it. */
    <R extends Record> Map<String, Object> schema(Class<R> record, R defaults) {
        try {
            return ConnectSchema.of(record, defaults, configDef());
        } catch (Exception | LinkageError broken) {
            log.warn("Connector does not describe its settings. plugin={} error={}", name, broken.toString());
            return RecordSchema.of(record, defaults);
        }
    }

    /**
     * What the connector itself says of its settings; many connect to their system to find out. One whose own patience can
     * be set, as Debezium's can, is told how long this is going to wait, so that it can name what does not answer.
     */
    List<String> probe(Map<String, String> properties) throws Exception {
        C connector = connector();
        Map<String, String> settings = settings(properties, "probe", 1);
        if (call(connector::config).names().contains(PATIENCE)) {
            settings.putIfAbsent(PATIENCE, String.valueOf(PROBE_MILLIS));
        }
        Config checked = call(() -> connector.validate(settings));
        return HostedProperties.of(checked.configValues());
    }

    String version() {
        try {
            C connector = connector();
            return String.valueOf(call(connector::version));
        } catch (Exception | LinkageError broken) {
            return "unknown";
        }
    }

    /** The settings as the connector gets them: the user's, and what Kafka Connect adds. */
    Map<String, String> settings(Map<String, String> properties, String connector, int tasks) {
        Map<String, String> settings = new TreeMap<>(properties);
        settings.put("name", connector);
        settings.put("connector.class", className());
        settings.put("tasks.max", String.valueOf(tasks));
        return settings;
    }

    /** Calls plugin code. */
    <T> T call(Callable<T> call) throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return call.call();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** Calls plugin code that answers nothing. */
    void run(Step step) throws Exception {
        call(() -> {
            step.run();
            return Boolean.TRUE;
        });
    }

    /** A piece of plugin code. */
    interface Step {
        void run() throws Exception;
    }
}
