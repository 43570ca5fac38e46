package io.eventmesh.sdk.message;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A message as OpenMessaging's API knows it. Immutable, apart from its body, which is not copied.
 *
 * <p>On its event the sharding key is the {@code partitionkey}, by which the mesh keeps order, and the message id is the
 * id. What the message cannot say of a foreign event ({@code source} and {@code type}) stands among the properties
 * {@value #SOURCE} and {@value #TYPE}, so that it goes both ways; attributes come back as strings, whatever they were.
 *
 * @param topic where to, or where it came from
 * @param body any bytes
 * @param properties the user's, of any names
 * @param tag by which consumers choose; null for none
 * @param key by which people search; null for none
 * @param shardingKey by which order is kept; null for none
 * @param messageId tells the message that was sent twice; null: its event gets a random id
 */
@SuppressWarnings("ArrayRecordComponent") // compared by its bytes below
public record OpenMessage(
        String topic,
        byte[] body,
        Map<String, String> properties,
        @Nullable String tag,
        @Nullable String key,
        @Nullable String shardingKey,
        @Nullable String messageId) {
    /** The property that holds an event's source where it is not the usual one. */
    public static final String SOURCE = EventMeshMessage.SOURCE;
    /** The property that holds an event's type where it is not the usual one. */
    public static final String TYPE = EventMeshMessage.TYPE;

    private static final String USUAL_SOURCE = "/";
    private static final String USUAL_TYPE = "io.openmessaging.message";
    private static final String CONTENT_TYPE = "datacontenttype";
    private static final String TAG = "tag";
    private static final String KEY = "msgkey";
    private static final String SHARDING_KEY = "partitionkey";
    private static final String PROTOCOL = "protocoltype";
    /** What stands on the event and is no property. */
    private static final Set<String> OWN = Set.of(CONTENT_TYPE, TAG, KEY, SHARDING_KEY, PROTOCOL);

    public OpenMessage {
        Objects.requireNonNull(topic);
        Objects.requireNonNull(body);
        properties = Map.copyOf(properties);
    }

    /** A message that is its body alone. */
    public OpenMessage(String topic, byte[] body) {
        this(topic, body, Map.of(), null, null, null, null);
    }

    /**
     * An event as a message.
     *
     * @param topic that it was delivered on
     */
    public static OpenMessage of(String topic, Event event) {
        Map<String, String> properties = new LinkedHashMap<>(PropertyNames.toProperties(event, OWN));
        if (!event.source().equals(USUAL_SOURCE)) {
            properties.put(SOURCE, event.source());
        }
        if (!event.type().equals(USUAL_TYPE)) {
            properties.put(TYPE, event.type());
        }
        String contentType = event.dataContentType();
        if (contentType != null) {
            properties.put(CONTENT_TYPE, contentType);
        }
        return new OpenMessage(
                topic,
                event.data(),
                properties,
                event.attribute(TAG),
                event.attribute(KEY),
                event.partitionKey(),
                event.id());
    }

    /**
     * The message as an event.
     *
     * <p>An empty sharding key keeps no order: it is left out.
     */
    public Event toEvent() {
        Map<String, String> others = new LinkedHashMap<>(properties);
        String source = others.remove(SOURCE);
        String type = others.remove(TYPE);
        String contentType = others.remove(CONTENT_TYPE);
        EventBuilder event = Event.builder()
                .id(messageId == null ? UUID.randomUUID().toString() : messageId)
                .source(Objects.requireNonNullElse(source, USUAL_SOURCE))
                .type(Objects.requireNonNullElse(type, USUAL_TYPE))
                .attribute(PROTOCOL, "openmessage");
        if (contentType != null) {
            event.dataContentType(contentType);
        }
        put(event, TAG, tag);
        put(event, KEY, key);
        put(event, SHARDING_KEY, shardingKey == null || shardingKey.isEmpty() ? null : shardingKey);
        PropertyNames.toAttributes(others, OWN).forEach(event::attribute);
        return event.data(contentType, body).build();
    }

    private static void put(EventBuilder event, String name, @Nullable String value) {
        if (value != null) {
            event.attribute(name, value);
        }
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof OpenMessage message
                && topic.equals(message.topic)
                && Arrays.equals(body, message.body)
                && properties.equals(message.properties)
                && Objects.equals(tag, message.tag)
                && Objects.equals(key, message.key)
                && Objects.equals(shardingKey, message.shardingKey)
                && Objects.equals(messageId, message.messageId);
    }

    @Override
    public int hashCode() {
        return Objects.hash(topic, Arrays.hashCode(body), properties, tag, key, shardingKey, messageId);
    }

    /** Without the body and the properties, which may be anything. */
    @Override
    public String toString() {
        return "OpenMessage[topic=%s, messageId=%s, %d bytes]".formatted(topic, messageId, body.length);
    }
}
