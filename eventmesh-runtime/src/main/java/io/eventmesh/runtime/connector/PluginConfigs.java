package io.eventmesh.runtime.connector;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.config.Binder;
import io.eventmesh.common.error.ConfigException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.runtime.config.Placeholders;
import io.eventmesh.spi.connector.ConnectorProvider;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Makes a connector's configuration record from its JSON, secrets filled in here and nowhere else. Thread-safe. */
final class PluginConfigs {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, Object>> TREE = new TypeReference<>() {};

    private final Map<String, String> environment;

    PluginConfigs(Map<String, String> environment) {
        this.environment = environment;
    }

    /** @throws EventMeshException CONNECTOR_CONFIG_INVALID with every problem */
    <C extends Record> C bind(ConnectorProvider<C> provider, String json) {
        List<String> problems = new ArrayList<>();
        Map<String, Object> tree = new LinkedHashMap<>();
        read(json).forEach((key, value) -> tree.put(key, expanded(key, value, problems)));
        if (!problems.isEmpty()) {
            throw refused(problems);
        }
        C config;
        try {
            config = Binder.bind(provider.configType(), provider.defaults(), tree, "")
                    .orThrow("connector " + provider.name());
        } catch (ConfigException refused) {
            throw refused(refused.problems());
        }
        problems.addAll(provider.validate(config));
        if (!problems.isEmpty()) {
            throw refused(problems);
        }
        return config;
    }

    private @Nullable Object expanded(String path, @Nullable Object value, List<String> problems) {
        Placeholders placeholders = new Placeholders(environment, problems);
        if (value instanceof String text) {
            return placeholders.expand(path, text);
        }
        if (value instanceof List<?> list) {
            List<@Nullable Object> items = new ArrayList<>();
            list.forEach(item -> items.add(expanded(path, item, problems)));
            return items;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, @Nullable Object> entries = new LinkedHashMap<>();
            map.forEach((key, item) -> entries.put(String.valueOf(key), expanded(path + "." + key, item, problems)));
            return entries;
        }
        return value;
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
