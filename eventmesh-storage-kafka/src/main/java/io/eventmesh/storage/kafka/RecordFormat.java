package io.eventmesh.storage.kafka;

/** How an event stands in a Kafka record. Spec: CloudEvents Kafka protocol binding 1.0.2, section 3. */
public enum RecordFormat {
    /** Attributes as headers and the data as the value; events that this would change are kept {@link #STRUCTURED}. */
    BINARY,
    /** The event's own bytes as the value: {@code application/cloudevents+protobuf}. Nothing is converted. */
    STRUCTURED
}
