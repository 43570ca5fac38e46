package io.eventmesh.sdk.message;

import io.eventmesh.spi.event.DataKind;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message as the producers and consumers of EventMesh's own SDK know it. Immutable.
 *
 * <p>Its event is the one that they make of it: consumers of that SDK get the same message back. What the message cannot
 * say of a foreign event ({@code id}, {@code source} and {@code type}) stands among the properties {@value #ID},
 * {@value #SOURCE} and {@value #TYPE}, so that it goes both ways; attributes come back as strings, whatever they were.
 *
 * @param topic where to, or where it came from
 * @param content text
 * @param properties of any names
 * @param bizSeqNo the application's number of the message; null for none
 * @param uniqueId tells the message that was sent twice; null: its event gets a random id
 */
public record EventMeshMessage(
        String topic,
        String content,
        Map<String, String> properties,
        @Nullable String bizSeqNo,
        @Nullable String uniqueId) {
    /** The property that holds an event's id where it is not the unique id. */
    public static final String ID = "cloudevents:id";
    /** The property that holds an event's source where it is not the usual one. */
    public static final String SOURCE = "cloudevents:source";
    /** The property that holds an event's type where it is not the usual one. */
    public static final String TYPE = "cloudevents:type";

    private static final String USUAL_SOURCE = "/";
    private static final String USUAL_TYPE = "org.apache.eventmesh";
    private static final String USUAL_CONTENT = "text/plain";
    private static final String CONTENT_TYPE = "datacontenttype";
    private static final String BIZ_SEQ_NO = "seqnum";
    private static final String UNIQUE_ID = "uniqueid";
    private static final String PROTOCOL = "protocoltype";
    private static final String DESCRIPTION = "protocoldesc";
    private static final String VERSION = "protocolversion";
    /** What stands on the event and is no property. */
    private static final Set<String> OWN = Set.of(CONTENT_TYPE, BIZ_SEQ_NO, UNIQUE_ID, PROTOCOL, DESCRIPTION, VERSION);

    public EventMeshMessage {
        Objects.requireNonNull(topic);
        Objects.requireNonNull(content);
        properties = Map.copyOf(properties);
    }

    /** A message without properties and numbers. */
    public EventMeshMessage(String topic, String content) {
        this(topic, content, Map.of(), null, null);
    }

    /**
     * An event as a message.
     *
     * @param topic that it was delivered on
     * @throws io.eventmesh.common.error.EventMeshException EVENT_INVALID for data that are no text
     */
    public static EventMeshMessage of(String topic, Event event) {
        Map<String, String> properties = new LinkedHashMap<>(PropertyNames.toProperties(event, OWN));
        String uniqueId = event.attribute(UNIQUE_ID);
        keep(properties, ID, event.id(), String.valueOf(uniqueId));
        keep(properties, SOURCE, event.source(), USUAL_SOURCE);
        keep(properties, TYPE, event.type(), USUAL_TYPE);
        String contentType = event.dataContentType();
        if (contentType != null) {
            keep(properties, CONTENT_TYPE, contentType, USUAL_CONTENT);
        }
        return new EventMeshMessage(topic, Texts.of(event.data()), properties, event.attribute(BIZ_SEQ_NO), uniqueId);
    }

    /** The message as an event. */
    public Event toEvent() {
        Map<String, String> others = new LinkedHashMap<>(properties);
        String id = others.remove(ID);
        String source = others.remove(SOURCE);
        String type = others.remove(TYPE);
        String contentType = Objects.requireNonNullElse(others.remove(CONTENT_TYPE), USUAL_CONTENT);
        EventBuilder event = Event.builder()
                .id(id != null ? id : Objects.requireNonNullElseGet(uniqueId, () -> random()))
                .source(Objects.requireNonNullElse(source, USUAL_SOURCE))
                .type(Objects.requireNonNullElse(type, USUAL_TYPE))
                .dataContentType(contentType)
                .attribute(PROTOCOL, "eventmeshmessage")
                .attribute(DESCRIPTION, "grpc-cloud-event")
                .attribute(VERSION, "1.0");
        if (bizSeqNo != null) {
            event.attribute(BIZ_SEQ_NO, bizSeqNo);
        }
        if (uniqueId != null) {
            event.attribute(UNIQUE_ID, uniqueId);
        }
        PropertyNames.toAttributes(others, OWN).forEach(event::attribute);
        if (DataKind.of(contentType, new byte[0]) == DataKind.TEXT) {
            return event.text(content).build();
        }
        return event.data(contentType, Texts.bytes(content)).build();
    }

    private static String random() {
        return UUID.randomUUID().toString();
    }

    private static void keep(Map<String, String> properties, String name, String value, String usual) {
        if (!value.equals(usual)) {
            properties.put(name, value);
        }
    }
}
