package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Locale;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Reads what another client wrote by the CloudEvents Kafka binding: in the binary mode, or in the structured one with
 * protobuf or JSON. It must be what a publisher may send, or it is no event for the mesh.
 *
 * <p>Spec: CloudEvents Kafka protocol binding 1.0.2, section 3. Stateless.
 */
final class ForeignEvent {
    private static final String JSON = "application/cloudevents+json";

    private ForeignEvent() {}

    /** @throws IllegalArgumentException saying what is amiss */
    static Event read(ConsumerRecord<byte[], byte[]> record) {
        try {
            Header contentType = record.headers().lastHeader(BinaryForm.CONTENT_TYPE);
            String media = contentType == null || contentType.value() == null ? "" : text(contentType);
            Event event = isStructured(media) ? structured(media, record.value()) : binary(record, media);
            return event.requirePublishable();
        } catch (EventMeshException refused) {
            throw new IllegalArgumentException(refused.reason(), refused);
        }
    }

    private static boolean isStructured(String contentType) {
        return contentType.strip().toLowerCase(Locale.ROOT).startsWith(BinaryForm.STRUCTURED_TYPE);
    }

    private static Event structured(String contentType, byte @Nullable [] value) {
        int parameters = contentType.indexOf(';');
        String media = (parameters < 0 ? contentType : contentType.substring(0, parameters))
                .strip()
                .toLowerCase(Locale.ROOT);
        if (value == null) {
            throw new IllegalArgumentException("value: none (expected: an event as " + media + ")");
        }
        return switch (media) {
            case RecordForm.PROTOBUF -> Event.scan(value);
            case JSON -> new JsonEvent(value).read();
            default ->
                throw new IllegalArgumentException("content-type: '%s' (expected: %s, %s, or the binary mode)"
                        .formatted(media, RecordForm.PROTOBUF, JSON));
        };
    }

    private static Event binary(ConsumerRecord<byte[], byte[]> record, String contentType) {
        if (record.headers().lastHeader("ce_specversion") == null) {
            throw new IllegalArgumentException(
                    "header ce_specversion: none (expected: an event by the CloudEvents Kafka binding)");
        }
        EventBuilder event = Event.builder().specVersion("");
        for (Header header : record.headers()) {
            if (header.key().startsWith(BinaryForm.PREFIX) && header.value() != null) {
                attribute(event, header.key().substring(BinaryForm.PREFIX.length()), text(header));
            }
        }
        if (!contentType.isEmpty()) {
            event.dataContentType(contentType);
        }
        if (record.value() != null) {
            event.data(contentType.isEmpty() ? null : contentType, record.value());
        }
        return event.build();
    }

    private static void attribute(EventBuilder event, String name, String value) {
        switch (name) {
            case "id" -> event.id(value);
            case "source" -> event.source(value);
            case "specversion" -> event.specVersion(value);
            case "type" -> event.type(value);
            case "time" -> event.time(time("ce_time", value));
            case "dataschema" -> event.dataSchema(value);
            default -> event.attribute(name, value);
        }
    }

    /** @throws IllegalArgumentException naming what it stands in */
    static OffsetDateTime time(String what, String value) {
        try {
            return OffsetDateTime.parse(value);
        } catch (DateTimeException refused) {
            throw new IllegalArgumentException(what + ": no timestamp (expected: one of RFC 3339)", refused);
        }
    }

    private static String text(Header header) {
        try {
            return UTF_8.newDecoder().decode(ByteBuffer.wrap(header.value())).toString();
        } catch (CharacterCodingException malformed) {
            throw new IllegalArgumentException(
                    "header %s: not UTF-8 (expected: UTF-8)".formatted(header.key()), malformed);
        }
    }
}
