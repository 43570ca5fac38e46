package io.eventmesh.storage.kafka;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What shall be written to the catalog, over what it says. Used by the catalog's thread alone. */
final class CatalogDraft {
    private final CatalogState state;
    /** By key; empty for what is taken away. */
    private final Map<String, Optional<CatalogFact>> changes = new LinkedHashMap<>();

    CatalogDraft(CatalogState state) {
        this.state = state;
    }

    /** What stands under the key, as this draft leaves it. */
    @Nullable
    CatalogFact fact(String key) {
        Optional<CatalogFact> changed = changes.get(key);
        return changed == null ? state.fact(key) : changed.orElse(null);
    }

    void put(CatalogFact fact) {
        changes.put(fact.key(), Optional.of(fact));
    }

    void remove(String key) {
        changes.put(key, Optional.empty());
    }

    boolean isEmpty() {
        return changes.isEmpty();
    }

    Map<String, Optional<CatalogFact>> changes() {
        return changes;
    }
}
