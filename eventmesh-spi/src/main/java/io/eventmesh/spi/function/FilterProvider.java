package io.eventmesh.spi.function;

import io.eventmesh.spi.plugin.Plugin;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Makes filters from one language; the language is the plugin's name, such as {@code event-pattern}. */
public interface FilterProvider extends Plugin {
    /**
     * Makes a filter.
     *
     * @param spec text of the language
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID with path and reason
     */
    Filter compile(String spec);

    /** Makes a set from name to specification; every one of them is valid. */
    default FilterSet compileAll(Map<String, String> specs) {
        Map<String, Filter> filters = new LinkedHashMap<>();
        specs.forEach((name, spec) -> filters.put(name, compile(spec)));
        return event -> {
            Set<String> yes = new LinkedHashSet<>();
            filters.forEach((name, filter) -> {
                if (filter.test(event)) {
                    yes.add(name);
                }
            });
            return yes;
        };
    }
}
