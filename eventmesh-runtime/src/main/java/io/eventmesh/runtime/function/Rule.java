package io.eventmesh.runtime.function;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Transformer;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A rule, compiled. Immutable, thread-safe.
 *
 * @param name within its namespace
 * @param revision which of its revisions
 * @param patterns the topics that it judges
 * @param filter the event pattern; empty for all events
 * @param transformer what changes the event; null leaves it as it is
 * @param targets names of its targets
 */
record Rule(
        String name,
        long revision,
        List<TopicPattern> patterns,
        String filter,
        @Nullable Transformer transformer,
        List<String> targets) {

    /**
     * Whether this rule judges an event that came by the given subscription. When several of its patterns take the topic,
     * the event comes several times and is judged by the first of them only.
     */
    boolean judges(TopicName topic, TopicPattern cameBy) {
        Optional<TopicPattern> first =
                patterns.stream().filter(pattern -> pattern.matches(topic)).findFirst();
        return first.isPresent() && first.get().equals(cameBy);
    }

    boolean isQuick() {
        return transformer == null || transformer.isQuick();
    }

    /** What the rule makes of an event that its filter took. */
    Event result(EventView view) {
        Event input = view.event();
        if (transformer == null) {
            return input;
        }
        Event changed = transformer.apply(view);
        String id = ResultId.of(input, name, revision);
        return Event.scan(changed.parse().toBuilder().setId(id).build().toByteArray());
    }
}
