package io.eventmesh.sdk;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Publishes values to one topic as events. Thread-safe; encoding happens on the calling thread.
 *
 * @param <T> of the values
 */
public final class Publisher<T> {
    private final ClientParts parts;
    private final String topic;
    private final Class<T> type;
    private final String source;
    private final String eventType;
    private final Function<? super T, String> id;

    Publisher(
            ClientParts parts,
            String topic,
            Class<T> type,
            String source,
            String eventType,
            Function<? super T, String> id) {
        this.parts = parts;
        this.topic = topic;
        this.type = type;
        this.source = source;
        this.eventType = eventType;
        this.id = id;
    }

    /** Publishes a value; answers as {@link EventMesh#publish(String, Event)} does, and with what the codec refuses. */
    public CompletableFuture<PublishAck> send(T value) {
        return publish(value, null);
    }

    /** Like {@link #send(Object)}, in the order of a key. */
    public CompletableFuture<PublishAck> send(T value, Key key) {
        return publish(value, key);
    }

    private CompletableFuture<PublishAck> publish(T value, @Nullable Key key) {
        return parts.publish(topic, () -> event(value), key, 0);
    }

    private Event event(T value) {
        EventBuilder event = Event.builder()
                .id(id.apply(value))
                .source(source)
                .type(eventType)
                .time(parts.clock().instant());
        parts.values().put(event, type.cast(value));
        return event.build();
    }
}
