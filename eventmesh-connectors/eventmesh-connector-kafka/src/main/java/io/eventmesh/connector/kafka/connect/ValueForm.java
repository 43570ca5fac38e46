package io.eventmesh.connector.kafka.connect;

import io.eventmesh.common.config.Doc;

/**
 * What a sink connector gets of an event's data.
 *
 * @param form of the value
 * @param schema of a value of the form SCHEMA
 */
public record ValueForm(
        @Doc("""
                json: the JSON as maps, lists and scalars. text: the data as text. bytes: the data as it is. schema: a \
                struct of the schema given below. inferred: a struct whose schema is made from each event's JSON, for \
                connectors that need one, such as those that write tables.""") Form form,

        @Doc("The schema of the form schema, in Kafka Connect's JSON: {\"type\": \"struct\", \"fields\": […]}.")
        String schema) {

    /** The forms. */
    public enum Form {
        /** Maps, lists and scalars. */
        JSON,
        /** A string. */
        TEXT,
        /** Bytes. */
        BYTES,
        /** A struct of a given schema. */
        SCHEMA,
        /** A struct of a schema made from the value. */
        INFERRED
    }

    static ValueForm standard() {
        return new ValueForm(Form.JSON, "");
    }
}
