package io.eventmesh.runtime.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.config.Binder;
import io.eventmesh.common.config.Bound;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.runtime.config.Placeholders;
import io.eventmesh.runtime.config.SecretsConfig;
import io.eventmesh.spi.connector.ConnectorProvider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Makes a connector's configuration record from its JSON, secrets filled in here and nowhere else: those only that the
 * operator of this process lets connectors name. Thread-safe; reads files.
 */
final class PluginConfigs {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, Object>> TREE = new TypeReference<>() {};
    private static final Pattern PLACEHOLDER = Pattern.compile("(\\$?)\\$\\{(env|file):([^}]*)}");
    /** Shorter values would make every message unreadable when they are masked. */
    private static final int SHORTEST_MASKED = 4;

    private final Map<String, String> environment;
    private final SecretsConfig allowed;

    PluginConfigs(Map<String, String> environment, SecretsConfig allowed) {
        this.environment = environment;
        this.allowed = allowed;
    }

    /** @throws EventMeshException CONNECTOR_CONFIG_INVALID with every problem, and without a secret */
    <C extends Record> C bind(ConnectorProvider<C> provider, String json) {
        ResolvedConfig resolved = resolve(json);
        if (!resolved.unresolved().isEmpty()) {
            throw refused(resolved.unresolved());
        }
        Bound<C> bound = Binder.bind(provider.configType(), provider.defaults(), resolved.tree(), "");
        C config = bound.value();
        if (config == null || !bound.isValid()) {
            throw refused(resolved.told(bound.problems()));
        }
        List<String> problems = resolved.told(provider.validate(config));
        if (!problems.isEmpty()) {
            throw refused(problems);
        }
        return config;
    }

    /**
     * Fills in what the configuration names.
     *
     * @throws EventMeshException CONNECTOR_CONFIG_INVALID if it is no JSON object
     */
    ResolvedConfig resolve(String json) {
        List<String> problems = new ArrayList<>();
        Set<String> filled = new LinkedHashSet<>();
        Set<String> values = new LinkedHashSet<>();
        Map<String, Object> tree = new LinkedHashMap<>();
        read(json).forEach((key, value) -> tree.put(key, expanded(key, value, problems, filled, values)));
        List<String> longestFirst = values.stream()
                .filter(value -> value.length() >= SHORTEST_MASKED)
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        return new ResolvedConfig(tree, problems, filled, longestFirst);
    }

    private @Nullable Object expanded(
            String path, @Nullable Object value, List<String> problems, Set<String> filled, Set<String> values) {
        if (value instanceof String text) {
            return filledIn(path, text, problems, filled, values);
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> items = new ArrayList<>();
            for (int i = 0; i < list.size(); i++) {
                items.add(expanded(path + "[" + i + "]", list.get(i), problems, filled, values));
            }
            return items;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> entries = new LinkedHashMap<>();
            map.forEach((key, item) ->
                    entries.put(String.valueOf(key), expanded(path + "." + key, item, problems, filled, values)));
            return entries;
        }
        return value;
    }

    private String filledIn(String path, String text, List<String> problems, Set<String> filled, Set<String> values) {
        Matcher found = PLACEHOLDER.matcher(text);
        boolean refused = false;
        Placeholders placeholders = new Placeholders(environment, problems);
        while (found.find()) {
            if (!found.group(1).isEmpty()) {
                continue;
            }
            filled.add(path);
            String problem = allowed.expectation(found.group(2), found.group(3));
            if (problem != null) {
                problems.add("%s: %s (expected: %s)".formatted(path, found.group(), problem));
                refused = true;
            }
        }
        if (refused) {
            return text;
        }
        String whole = placeholders.expand(path, text);
        if (filled.contains(path)) {
            values.add(whole);
            PLACEHOLDER
                    .matcher(text)
                    .results()
                    .forEach(each ->
                            values.add(new Placeholders(environment, new ArrayList<>()).expand(path, each.group())));
        }
        return whole;
    }

    private static Map<String, Object> read(String json) {
        try {
            return json.isBlank() ? Map.of() : JSON.readValue(json, TREE);
        } catch (JsonProcessingException malformed) {
            throw new EventMeshException(
                    ErrorCode.CONNECTOR_CONFIG_INVALID,
                    "config: " + malformed.getOriginalMessage() + " (expected: a JSON object)",
                    malformed);
        }
    }

    private static EventMeshException refused(List<String> problems) {
        return new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, String.join("; ", problems));
    }
}
