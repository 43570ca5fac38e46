package io.eventmesh.sdk;

import io.eventmesh.common.topic.TopicName;
import java.util.UUID;
import java.util.function.Function;

/** What an application's values look like as events. Not thread-safe; {@link #build} ends it. */
public final class PublisherBuilder<T> {
    private final ClientParts parts;
    private final TopicName topic;
    private final Class<T> type;
    private String source;
    private String eventType;
    private Function<? super T, String> id = value -> UUID.randomUUID().toString();

    PublisherBuilder(ClientParts parts, String topic, Class<T> type) {
        this.parts = parts;
        this.topic = TopicName.of(topic);
        this.type = type;
        this.source = "/" + parts.clientName();
        this.eventType = type.getName();
        parts.values().requireWritable(type);
    }

    /** The events' {@code source}; a slash and the client's name unless said. */
    public PublisherBuilder<T> source(String uri) {
        source = uri;
        return this;
    }

    /** The events' {@code type}; the name of the class unless said. */
    public PublisherBuilder<T> type(String name) {
        eventType = name;
        return this;
    }

    /**
     * The events' {@code id}, random unless said. With the source it is what tells an event that was sent twice: derive
     * it from the value where the application itself may send the value again.
     */
    public PublisherBuilder<T> id(Function<? super T, String> of) {
        id = of;
        return this;
    }

    public Publisher<T> build() {
        return new Publisher<>(parts, topic.value(), type, source, eventType, id);
    }
}
