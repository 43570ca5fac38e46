package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chain of single message transforms that a connector's settings name: {@code transforms=a,b},
 * {@code transforms.a.type=…}, with predicates and {@code negate}, as Kafka Connect defines them. Used by one thread.
 */
final class Transforms<R extends ConnectRecord<R>> implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Transforms.class);
    private static final String TRANSFORMS = "transforms";
    private static final String PREDICATES = "predicates";

    private record Step<R extends ConnectRecord<R>>(
            String name,
            Transformation<R> transform,
            @Nullable Predicate<R> predicate,
            boolean negate) {}

    private final HostedPlugin<?> plugin;
    private final List<Step<R>> steps = new ArrayList<>();

    private Transforms(HostedPlugin<?> plugin) {
        this.plugin = plugin;
    }

    /** Makes and configures the chain; nothing stays behind when one of them refuses its settings. */
    @SuppressWarnings("unchecked") // a transform takes the records of any connector
    static <R extends ConnectRecord<R>> Transforms<R> of(HostedPlugin<?> plugin, Map<String, String> settings)
            throws Exception {
        Transforms<R> chain = new Transforms<>(plugin);
        try {
            Map<String, Predicate<R>> predicates = new LinkedHashMap<>();
            for (String name : names(settings, PREDICATES)) {
                String prefix = PREDICATES + "." + name + ".";
                Predicate<R> predicate = plugin.make(Predicate.class, required(settings, prefix + "type"));
                plugin.run(() -> predicate.configure(below(settings, prefix)));
                predicates.put(name, predicate);
            }
            for (String name : names(settings, TRANSFORMS)) {
                String prefix = TRANSFORMS + "." + name + ".";
                Transformation<R> transform = plugin.make(Transformation.class, required(settings, prefix + "type"));
                String condition = settings.get(prefix + "predicate");
                boolean negate = Boolean.parseBoolean(settings.get(prefix + "negate"));
                chain.steps.add(
                        new Step<>(name, transform, condition == null ? null : predicates.get(condition), negate));
                plugin.run(() -> transform.configure(below(settings, prefix)));
            }
        } catch (Exception refused) {
            chain.close();
            throw refused;
        }
        return chain;
    }

    /** What is wrong with the chain's settings, a line each. */
    static List<String> problems(HostedPlugin<?> plugin, Map<String, String> settings) {
        List<String> problems = new ArrayList<>();
        List<String> predicates = names(settings, PREDICATES);
        for (String name : predicates) {
            check(plugin, Predicate.class, settings, PREDICATES + "." + name + ".", problems);
        }
        for (String name : names(settings, TRANSFORMS)) {
            String prefix = TRANSFORMS + "." + name + ".";
            check(plugin, Transformation.class, settings, prefix, problems);
            String condition = settings.get(prefix + "predicate");
            if (condition != null && !predicates.contains(condition)) {
                problems.add("%s%spredicate: '%s' (expected one of: %s)"
                        .formatted(HostedProperties.PREFIX, prefix, condition, predicates));
            }
        }
        return problems;
    }

    /**
     * The record as the chain leaves it; null when it is filtered out.
     *
     * @throws EventMeshException EVENT_INVALID with the transform's name: it will never take the record
     * @throws Exception what may pass, and an interrupt, as {@link ConnectFailures#of} says
     */
    @Nullable
    R apply(R record) throws Exception {
        R current = record;
        for (Step<R> step : steps) {
            current = applied(step, current);
            if (current == null) {
                return null;
            }
        }
        return current;
    }

    private @Nullable R applied(Step<R> step, R record) throws Exception {
        try {
            Predicate<R> predicate = step.predicate();
            if (predicate != null && plugin.call(() -> predicate.test(record)) == step.negate()) {
                return record;
            }
            return plugin.call(() -> step.transform().apply(record));
        } catch (Exception failure) {
            Exception meant = ConnectFailures.of(failure);
            if (meant instanceof IOException || meant instanceof InterruptedException) {
                throw meant;
            }
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID, "transform '%s': %s".formatted(step.name(), reason(meant)), meant);
        }
    }

    private static String reason(Exception failure) {
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    @Override
    public void close() {
        for (Step<R> step : steps) {
            close(step.name(), step.transform());
            if (step.predicate() != null) {
                close(step.name(), step.predicate());
            }
        }
    }

    private void close(String name, AutoCloseable closing) {
        try {
            plugin.run(closing::close);
        } catch (Exception failure) {
            log.debug("Transform not closed. transform={} error={}", name, failure.toString());
        }
    }

    private static void check(
            HostedPlugin<?> plugin, Class<?> kind, Map<String, String> settings, String prefix, List<String> problems) {
        String type = settings.get(prefix + "type");
        if (type == null) {
            problems.add(HostedProperties.PREFIX + prefix + "type: missing (expected: a class)");
            return;
        }
        try {
            ConfigDef definition = definition(plugin.make(kind, type));
            HostedProperties.of(plugin.call(() -> definition.validate(below(settings, prefix)))).stream()
                    .map(line -> line.replaceFirst(HostedProperties.PREFIX, HostedProperties.PREFIX + prefix))
                    .forEach(problems::add);
        } catch (Exception | LinkageError unusable) {
            problems.add("%s%stype: '%s' (expected: a %s in the plugin's directory)"
                    .formatted(HostedProperties.PREFIX, prefix, type, kind.getSimpleName()));
        }
    }

    private static ConfigDef definition(Object step) {
        return step instanceof Transformation<?> transform ? transform.config() : ((Predicate<?>) step).config();
    }

    private static List<String> names(Map<String, String> settings, String key) {
        String names = settings.getOrDefault(key, "");
        return names.isBlank() ? List.of() : List.of(names.strip().split("\\s*,\\s*", -1));
    }

    private static String required(Map<String, String> settings, String key) {
        String value = settings.get(key);
        if (value == null) {
            throw new org.apache.kafka.common.config.ConfigException(key, null, "missing (expected: a class)");
        }
        return value;
    }

    private static Map<String, String> below(Map<String, String> settings, String prefix) {
        Map<String, String> own = new LinkedHashMap<>();
        settings.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                own.put(key.substring(prefix.length()), value);
            }
        });
        return own;
    }
}
