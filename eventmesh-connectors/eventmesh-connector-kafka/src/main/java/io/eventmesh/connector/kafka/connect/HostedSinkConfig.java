package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import java.time.Duration;
import java.util.Map;

/**
 * How a hosted sink is configured.
 *
 * @param properties the connector's own settings
 * @param values what it gets of an event's data
 * @param flushInterval how often it is asked what is safe
 */
public record HostedSinkConfig(
        @Doc("The connector's own settings, by the keys that its documentation names.")
        Map<String, Object> properties,

        @Doc("What the connector gets of an event's data.") ValueForm values,

        @Doc("""
                How often the connector is asked to make safe what it has, which is when the events count as delivered. \
                Some connectors write a file each time.""") Duration flushInterval) {
    private static final Duration SHORTEST = Duration.ofMillis(10);
    /** The mesh waits no longer than five minutes for an ack. */
    private static final Duration LONGEST = Duration.ofMinutes(2);

    public HostedSinkConfig {
        Check.require(
                flushInterval.compareTo(SHORTEST) >= 0 && flushInterval.compareTo(LONGEST) <= 0,
                "flush-interval",
                flushInterval,
                "10ms to 2m");
    }

    static HostedSinkConfig standard() {
        return new HostedSinkConfig(Map.of(), ValueForm.standard(), Duration.ofSeconds(1));
    }

    /** The values may be secrets. */
    @Override
    public String toString() {
        return "HostedSinkConfig[properties=%s, values=%s, flushInterval=%s]"
                .formatted(properties.keySet(), values, flushInterval);
    }
}
