package io.eventmesh.spi.function;

import io.eventmesh.spi.plugin.Plugin;

/** Makes filters from one language; the language is the plugin's name, such as {@code event-pattern}. */
public interface FilterProvider extends Plugin {
    /**
     * Makes a filter.
     *
     * @param spec text of the language
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID with path and reason
     */
    Filter compile(String spec);
}
