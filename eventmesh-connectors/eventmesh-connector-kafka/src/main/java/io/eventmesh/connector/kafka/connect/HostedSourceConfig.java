package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.Doc;
import java.util.Map;

/**
 * How a hosted source is configured.
 *
 * @param properties the connector's own settings
 * @param events what its records become
 */
public record HostedSourceConfig(
        @Doc("The connector's own settings, by the keys that its documentation names.")
        Map<String, Object> properties,

        @Doc("What the records become.") EventForm events) {
    static HostedSourceConfig standard() {
        return new HostedSourceConfig(Map.of(), EventForm.standard());
    }

    /** The values may be secrets. */
    @Override
    public String toString() {
        return "HostedSourceConfig[properties=%s, events=%s]".formatted(properties.keySet(), events);
    }
}
