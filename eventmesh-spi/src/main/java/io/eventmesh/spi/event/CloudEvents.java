package io.eventmesh.spi.event;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.SpecVersion;
import io.cloudevents.core.builder.CloudEventBuilder;
import io.cloudevents.core.data.BytesCloudEventData;
import io.cloudevents.rw.CloudEventRWException;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import org.jspecify.annotations.Nullable;

/**
 * Converts between {@link Event} and the CloudEvents SDK's {@link CloudEvent}, version 1.0.
 *
 * <p>Every attribute with its type and every form of data survives both ways, apart from what the other side cannot
 * express: the SDK knows one type for uri and uri-reference, so that an absolute uri-reference comes back as uri, an
 * attribute that the SDK types itself comes back in that type ({@code time} as a timestamp, {@code subject} and
 * {@code datacontenttype} as strings, {@code dataschema} as a uri), and unknown protobuf fields stay behind; an Event
 * keeps a time's instant, not its offset.
 *
 * <p>Stateless.
 */
public final class CloudEvents {
    private CloudEvents() {}

    /**
     * The event for the SDK.
     *
     * @throws EventMeshException EVENT_INVALID if the event is not one of CloudEvents 1.0, or an attribute's name or value
     *     is none that the SDK can hold; never for an event that passed {@link Event#requirePublishable}
     */
    public static CloudEvent toCloudEvent(Event event) {
        if (!event.specVersion().equals("1.0")) {
            throw PublishRules.refused("specversion", event.specVersion(), "1.0");
        }
        CloudEventBuilder builder = CloudEventBuilder.v1()
                .withId(event.id())
                .withSource(uri("source", event.source()))
                .withType(event.type());
        event.forEachAttribute((name, value) -> put(builder, name, value));
        if (event.dataKind() != DataKind.NONE) {
            builder.withData(data(event));
        }
        return builder.build();
    }

    /**
     * The SDK's event for the mesh. A text-like content type with valid UTF-8 becomes text, {@link ProtoData} becomes protobuf data, and everything else
     * binary data. An event of CloudEvents 0.3 becomes one of 1.0.
     *
     * @throws EventMeshException EVENT_INVALID if an extension's value has no CloudEvents type
     */
    public static Event fromCloudEvent(CloudEvent event) {
        CloudEvent v1 = event.getSpecVersion() == SpecVersion.V1
                ? event
                : CloudEventBuilder.v1(event).build();
        EventBuilder builder =
                Event.builder().id(v1.getId()).source(v1.getSource().toString()).type(v1.getType());
        putContext(builder, v1);
        for (String name : v1.getExtensionNames()) {
            put(builder, name, v1.getExtension(name));
        }
        CloudEventData data = v1.getData();
        if (data != null) {
            putData(builder, v1.getDataContentType(), data);
        }
        return builder.build();
    }

    /** Whether a text is a timestamp of the years 1 to 9999 by RFC 3339, as the SDK reads it. */
    static boolean isTime(String text) {
        try {
            int year = OffsetDateTime.parse(text)
                    .withOffsetSameInstant(ZoneOffset.UTC)
                    .getYear();
            return year >= 1 && year <= 9999;
        } catch (DateTimeException e) {
            return false;
        }
    }

    /** The time that a value says, by its type or as RFC 3339 text; null if it says none. */
    static @Nullable Instant instant(AttributeValue value) {
        if (value.type() == AttributeValue.Type.TIMESTAMP) {
            return value.isValidTimestamp() ? value.instant() : null;
        }
        return value.type().isText() && isTime(value.text())
                ? OffsetDateTime.parse(value.text()).toInstant()
                : null;
    }

    private static void put(CloudEventBuilder builder, String name, AttributeValue value) {
        switch (name) {
            case "subject" -> builder.withSubject(text(name, value));
            case "datacontenttype" -> builder.withDataContentType(text(name, value));
            case "dataschema" -> builder.withDataSchema(uri("attribute " + name, text(name, value)));
            case "time" -> builder.withTime(time(name, value));
            case "id", "source", "type", "specversion", "data" ->
                throw PublishRules.refused("attribute name", name, "the event's own field for it, not an attribute");
            default -> putExtension(builder, name, value);
        }
    }

    private static void putExtension(CloudEventBuilder builder, String name, AttributeValue value) {
        try {
            switch (value.type()) {
                case NONE -> {}
                case BOOLEAN -> builder.withExtension(name, value.bool());
                case INTEGER -> builder.withExtension(name, Integer.valueOf(value.integer()));
                case STRING -> builder.withExtension(name, value.text());
                case BYTES -> builder.withExtension(name, value.binary());
                case URI, URI_REF -> builder.withExtension(name, uri("attribute " + name, value.text()));
                case TIMESTAMP -> builder.withExtension(name, time(name, value));
            }
        } catch (CloudEventRWException e) {
            throw new EventMeshException(
                    ErrorCode.EVENT_INVALID,
                    "attribute name: %s (expected: a-z and 0-9 only)".formatted(PublishRules.shown(name)),
                    e);
        }
    }

    private static String text(String name, AttributeValue value) {
        if (!value.type().isText()) {
            throw PublishRules.refused("attribute " + name, String.valueOf(value.canonical()), "a string");
        }
        return value.text();
    }

    private static URI uri(String what, String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            throw PublishRules.refused(what, text, "a URI-reference");
        }
    }

    private static OffsetDateTime time(String name, AttributeValue value) {
        if (value.type() == AttributeValue.Type.TIMESTAMP && value.isValidTimestamp()) {
            return value.instant().atOffset(ZoneOffset.UTC);
        }
        if (value.type().isText() && isTime(value.text())) {
            return OffsetDateTime.parse(value.text());
        }
        throw PublishRules.refused("attribute " + name, String.valueOf(value.canonical()), "an RFC 3339 timestamp");
    }

    private static CloudEventData data(Event event) {
        byte[] bytes = event.data();
        if (event.dataKind() == DataKind.PROTO) {
            try {
                return new ProtoData(Any.parseFrom(bytes));
            } catch (InvalidProtocolBufferException e) {
                throw new IllegalStateException("The scan accepted an Any that protobuf refuses", e);
            }
        }
        boolean obvious = DataKind.of(event.dataContentType(), bytes) == event.dataKind();
        return obvious ? BytesCloudEventData.wrap(bytes) : new KindedData(event.dataKind(), bytes);
    }

    private static void putContext(EventBuilder builder, CloudEvent event) {
        String contentType = event.getDataContentType();
        if (contentType != null) {
            builder.dataContentType(contentType);
        }
        URI schema = event.getDataSchema();
        if (schema != null) {
            builder.attribute("dataschema", schema);
        }
        String subject = event.getSubject();
        if (subject != null) {
            builder.subject(subject);
        }
        OffsetDateTime time = event.getTime();
        if (time != null) {
            builder.time(time);
        }
    }

    private static void put(EventBuilder builder, String name, @Nullable Object value) {
        if (value == null) {
            return;
        }
        if (value instanceof String text) {
            builder.attribute(name, text);
        } else if (value instanceof Boolean bool) {
            builder.attribute(name, bool.booleanValue());
        } else if (value instanceof Number number) {
            putNumber(builder, name, number);
        } else if (value instanceof byte[] bytes) {
            builder.attribute(name, bytes);
        } else if (value instanceof URI uri) {
            builder.attribute(name, uri);
        } else if (value instanceof OffsetDateTime time) {
            builder.timestamp(name, time);
        } else {
            throw PublishRules.refused("attribute " + name, value.getClass().getName(), "a CloudEvents type");
        }
    }

    /** CloudEvents knows 32-bit integers only; whatever does not fit travels as its text. */
    private static void putNumber(EventBuilder builder, String name, Number number) {
        boolean whole = number instanceof Integer
                || number instanceof Short
                || number instanceof Byte
                || (number instanceof Long && number.longValue() == number.intValue());
        if (whole) {
            builder.attribute(name, number.intValue());
        } else {
            builder.attribute(name, number.toString());
        }
    }

    private static void putData(EventBuilder builder, @Nullable String contentType, CloudEventData data) {
        if (data instanceof ProtoData proto) {
            builder.protoData(proto.any());
        } else if (data instanceof KindedData kinded && kinded.kind() == DataKind.TEXT) {
            builder.text(kinded.toBytes());
        } else if (data instanceof KindedData kinded) {
            builder.data(kinded.toBytes());
        } else {
            builder.data(contentType, data.toBytes());
        }
    }
}
