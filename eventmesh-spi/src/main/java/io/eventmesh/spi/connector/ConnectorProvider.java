package io.eventmesh.spi.connector;

import io.eventmesh.common.config.RecordSchema;
import io.eventmesh.spi.plugin.ConfiguredPlugin;
import java.util.List;
import java.util.Map;

/**
 * What source and sink plugins have in common. The configuration record is bound strictly from the connector's JSON;
 * its JSON Schema is derived from the record and its {@link io.eventmesh.common.config.Doc} texts.
 *
 * <p>{@link #defaults} returns null components for keys that must be given; the binder refuses a configuration without
 * them.
 */
public interface ConnectorProvider<C extends Record> extends ConfiguredPlugin<C> {
    /** The JSON Schema (draft 2020-12) of a configuration, as a tree that any JSON library can write. */
    default Map<String, Object> schema() {
        return RecordSchema.of(configType(), defaults());
    }

    /**
     * Checks what a constructor cannot see, without connecting to anything foreign; each problem is a line
     * {@code key: value (expected: …)}, with dots between the keys of nested sections and never with a secret in it.
     * Runs before a connector is stored and again before its task starts.
     */
    default List<String> validate(C config) {
        return List.of();
    }

    /**
     * Tries whether the foreign system can be reached and lets the connector in; each problem is a line
     * {@code key: message} that names the key to blame. Changes nothing there. It may block, on a thread of its own that
     * is interrupted after ten seconds.
     */
    default List<String> probe(C config) throws Exception {
        return List.of();
    }
}
