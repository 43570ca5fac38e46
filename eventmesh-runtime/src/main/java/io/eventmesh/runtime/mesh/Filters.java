package io.eventmesh.runtime.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.runtime.delivery.EventFilter;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.storage.DeliveryTerms;
import org.jspecify.annotations.Nullable;

/** The filters of subscriptions: brought into one spelling, checked, compiled once. Thread-safe. */
final class Filters {
    private static final String LANGUAGE = "cloudevents";
    private static final int MAX_COMPILED = 1_000;
    private static final int MAX_LENGTH = 64 << 10;
    private static final ObjectReader JSON = new ObjectMapper()
            .reader()
            .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    private final Plugins plugins;
    private final Cache<String, Filter> compiled = Caffeine.newBuilder()
            .maximumSize(MAX_COMPILED)
            .executor(Runnable::run)
            .build();

    Filters(Plugins plugins) {
        this.plugins = plugins;
    }

    /**
     * The one spelling of what may be spelt with more or less space; an array of no filters is none.
     *
     * @throws EventMeshException RULE_INVALID when it is no array
     */
    static String canonical(String filter) {
        if (filter.isBlank()) {
            return "";
        }
        if (filter.length() > MAX_LENGTH) {
            throw new EventMeshException(
                    ErrorCode.RULE_INVALID,
                    "filter: %d characters (expected: at most %d)".formatted(filter.length(), MAX_LENGTH));
        }
        JsonNode tree;
        try {
            tree = JSON.readTree(filter);
        } catch (JsonProcessingException notJson) {
            throw refused(filter, notJson);
        }
        if (!tree.isArray()) {
            throw refused(filter, null);
        }
        return tree.isEmpty() ? "" : tree.toString();
    }

    /**
     * The filter of a canonical text; null for none.
     *
     * @throws EventMeshException RULE_INVALID with path and reason, PLUGIN_UNKNOWN when this runtime has no filters
     */
    @Nullable
    Filter compile(String canonical) {
        if (canonical.isEmpty()) {
            return null;
        }
        return compiled.get(
                canonical, text -> plugins.named(FilterProvider.class, LANGUAGE).compile(text));
    }

    /** What a group of the terms, whose filter is canonical, takes. */
    EventFilter of(DeliveryTerms terms) {
        Filter filter = compile(terms.filter());
        return filter == null ? EventFilter.ALL : EventFilter.by(filter);
    }

    private static EventMeshException refused(String filter, @Nullable Throwable cause) {
        return new EventMeshException(
                ErrorCode.RULE_INVALID,
                "filter: '%s' (expected: a JSON array of filters such as [{\"exact\":{\"type\":\"t\"}}])"
                        .formatted(Names.shown(filter)),
                cause);
    }
}
