package io.eventmesh.spi.function;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/**
 * An event while it is judged, with what was derived from it on the way, so that it is parsed at most once however many
 * filters and transformers look inside.
 *
 * <p>For one thread at a time; dropped after the dispatch.
 */
public final class EventView {
    private final TopicName topic;
    private final Event event;
    private final long appendTimeMillis;
    private final int attempt;
    private final Map<Class<?>, Object> derived = new HashMap<>(4);

    /** @param appendTimeMillis wall time at which the mesh stored it */
    public EventView(TopicName topic, Event event, long appendTimeMillis) {
        this(topic, event, appendTimeMillis, 1);
    }

    /**
     * @param appendTimeMillis wall time at which the mesh stored it
     * @param attempt how often it is judged by now; 1 for the first time
     */
    public EventView(TopicName topic, Event event, long appendTimeMillis, int attempt) {
        this.topic = topic;
        this.event = event;
        this.appendTimeMillis = appendTimeMillis;
        this.attempt = attempt;
    }

    /** Another event in the same surroundings. */
    public EventView with(Event other) {
        return new EventView(topic, other, appendTimeMillis, attempt);
    }

    public TopicName topic() {
        return topic;
    }

    public Event event() {
        return event;
    }

    public long appendTimeMillis() {
        return appendTimeMillis;
    }

    public int attempt() {
        return attempt;
    }

    /** What {@code derive} makes of this view, made once for each type. */
    public <T> T derived(Class<T> type, Function<EventView, T> derive) {
        Object known = derived.get(type);
        if (known == null) {
            known = derive.apply(this);
            derived.put(type, known);
        }
        return type.cast(known);
    }
}
