package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;

/**
 * How records of a source become events.
 *
 * @param type the type of the events; empty for {@code connect.<plugin>.record}, or Debezium's own
 * @param decimals how decimal numbers are written
 */
public record EventForm(
        @Doc("""
                The type of the events; empty for connect.<plugin>.record, and for \
                io.debezium.connector.<database>.DataChangeEvent where Debezium says which database a change is of.""") String type,

        @Doc("How decimal numbers are written: numeric, or base64 of their unscaled bytes as Kafka Connect does.")
        Decimals decimals) {

    /** How decimal numbers are written. */
    public enum Decimals {
        /** As JSON numbers. */
        NUMERIC,
        /** As text, base64 of the unscaled value. */
        BASE64
    }

    public EventForm {
        if (!type.isEmpty()) {
            Check.notBlank("type", type);
        }
    }

    static EventForm standard() {
        return new EventForm("", Decimals.NUMERIC);
    }
}
