package io.eventmesh.spi.connector;

import io.eventmesh.spi.plugin.ConfiguredPlugin;
import java.util.List;

/**
 * What source and sink plugins have in common. The configuration record is bound strictly from the connector's JSON;
 * its JSON Schema is derived from the record and its {@link io.eventmesh.common.config.Doc} texts.
 *
 * <p>{@link #defaults} returns null components for keys that must be given; the binder refuses a configuration without
 * them.
 */
public interface ConnectorProvider<C extends Record> extends ConfiguredPlugin<C> {
    /**
     * Checks what a constructor cannot see, without connecting to anything foreign; each problem is a line
     * {@code key: value (expected: …)}. Runs before a connector is stored and again before its task starts.
     */
    default List<String> validate(C config) {
        return List.of();
    }
}
