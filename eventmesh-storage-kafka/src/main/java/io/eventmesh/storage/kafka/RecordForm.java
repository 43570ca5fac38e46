package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.jspecify.annotations.Nullable;

/**
 * Makes Kafka records of ours: the event by the CloudEvents Kafka binding, our header as headers with a prefix of ours, the
 * key as the key, the append time as the timestamp.
 *
 * <p>Stateless.
 */
final class RecordForm {
    static final String PROTOBUF = "application/cloudevents+protobuf";

    private static final byte[] PROTOBUF_BYTES = PROTOBUF.getBytes(US_ASCII);
    private static final byte[] STRUCTURED_FORM = {MeshHeaders.VERSION, MeshHeaders.STRUCTURED};
    private static final int USUAL_HEADERS = 16;

    private RecordForm() {}

    static ProducerRecord<byte[], byte[]> write(
            StreamEntry stream, int partition, EventRecord record, RecordFormat format) {
        List<Header> headers = new ArrayList<>(USUAL_HEADERS);
        BinaryForm event = new BinaryForm(headers);
        writeTo(event, record.event());
        byte[] value;
        if (format == RecordFormat.BINARY && event.takeApart()) {
            value = event.value();
        } else {
            headers.clear();
            headers.add(new RecordHeader(MeshHeaders.FORM, STRUCTURED_FORM));
            headers.add(new RecordHeader(BinaryForm.CONTENT_TYPE, PROTOBUF_BYTES));
            value = event.whole();
        }
        ours(headers, stream, record);
        String key = record.key();
        return new ProducerRecord<>(
                stream.topic(),
                partition,
                Math.max(0, record.appendTimeMillis()),
                key == null ? null : key.getBytes(UTF_8),
                value,
                headers);
    }

    private static void ours(List<Header> headers, StreamEntry stream, EventRecord record) {
        if (!record.topic().value().equals(stream.name().name())) {
            text(headers, MeshHeaders.TOPIC, record.topic().value());
        }
        if (record.hops() != 0) {
            text(headers, MeshHeaders.HOPS, Integer.toString(record.hops()));
        }
        text(headers, MeshHeaders.TARGET, record.target());
        text(headers, MeshHeaders.PRINCIPAL, record.principal());
        text(headers, MeshHeaders.TRACEPARENT, record.traceparent());
        if (record.notBeforeMillis() != 0) {
            text(headers, MeshHeaders.NOT_BEFORE, Long.toString(record.notBeforeMillis()));
        }
    }

    private static void text(List<Header> headers, String name, @Nullable String text) {
        if (text != null) {
            headers.add(new RecordHeader(name, text.getBytes(UTF_8)));
        }
    }

    private static void writeTo(BinaryForm form, Event event) {
        try {
            event.writeTo(form);
        } catch (IOException e) {
            throw new UncheckedIOException("nothing is written anywhere", e);
        }
    }
}
