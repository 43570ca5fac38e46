package io.eventmesh.connector.kafka.connect;

import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.event.Event;
import java.time.OffsetDateTime;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.record.TimestampType;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.header.ConnectHeaders;

/**
 * Makes a sink's records of events: the partition key is the key, the data the value, the attributes are headers.
 *
 * <p>Used by one thread.
 *
 * <p>Spec: CloudEvents Kafka protocol binding 1.0.2, section 3.2.
 */
final class SinkEvents implements AutoCloseable {
    private final SinkValues values;

    SinkEvents(ValueForm form) {
        this.values = new SinkValues(form);
    }

    org.apache.kafka.connect.sink.SinkRecord record(TopicPartition partition, long offset, SinkRecord from) {
        Event event = from.event();
        SchemaAndValue value = values.of(event);
        String key = event.partitionKey();
        Long time = event.typedAttribute("time") instanceof OffsetDateTime happened
                ? happened.toInstant().toEpochMilli()
                : null;
        return new org.apache.kafka.connect.sink.SinkRecord(
                partition.topic(),
                partition.partition(),
                key == null ? null : Schema.STRING_SCHEMA,
                key,
                value.schema(),
                value.value(),
                offset,
                time,
                time == null ? TimestampType.NO_TIMESTAMP_TYPE : TimestampType.CREATE_TIME,
                headers(event));
    }

    @Override
    public void close() {
        values.close();
    }

    private static ConnectHeaders headers(Event event) {
        ConnectHeaders headers = new ConnectHeaders();
        headers.addString("ce_specversion", event.specVersion());
        headers.addString("ce_id", event.id());
        headers.addString("ce_source", event.source());
        headers.addString("ce_type", event.type());
        for (String name : event.attributeNames()) {
            String value = event.attribute(name);
            if (value != null) {
                headers.addString(name.equals("datacontenttype") ? "content-type" : "ce_" + name, value);
            }
        }
        return headers;
    }
}
