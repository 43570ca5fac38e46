package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.rules.chain.Chain;
import io.eventmesh.rules.chain.Passage;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a connector's events pass on their way: a filter, then a chain of transforms. An event keeps its id. Used by the
 * task's thread, which a transform may hold for as long as its own bounds allow.
 */
final class Passing {
    /** What became of an event. */
    sealed interface Outcome {}

    /** It goes on as this. */
    record Passed(Event event) implements Outcome {}

    /** It is not wanted. */
    record Filtered() implements Outcome {}

    /** It can be neither judged nor changed. */
    record Failed(DeadLetters.Stage stage, EventMeshException why) implements Outcome {}

    /** A chain that had no room for an event is asked again so often. */
    private static final int ATTEMPTS = 5;

    private static final String LANGUAGE = "event-pattern";
    private static final Filtered FILTERED = new Filtered();

    private final @Nullable Filter filter;
    private final Chain chain;
    private final TaskControl control;

    /** @throws EventMeshException RULE_INVALID, PLUGIN_UNKNOWN */
    Passing(TaskDefinition task, Plugins plugins, TaskControl control) {
        this.filter = task.getFilter().isEmpty()
                ? null
                : plugins.named(FilterProvider.class, LANGUAGE).compile(task.getFilter());
        this.chain = Chain.of(task.getTransformsList(), task.getConnector(), plugins);
        this.control = control;
    }

    /** @param millis when the event came into being or was stored */
    Outcome pass(TopicName topic, Event event, long millis) throws InterruptedException {
        if (filter == null && chain.isEmpty()) {
            return new Passed(event);
        }
        EventView view = new EventView(topic, event, millis);
        try {
            if (filter != null && !filter.test(view)) {
                return FILTERED;
            }
        } catch (RuntimeException broken) {
            return new Failed(DeadLetters.Stage.FILTER, unjudged(broken));
        }
        return transformed(view);
    }

    private Outcome transformed(EventView view) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            Passage passage = chain.pass(view);
            if (passage instanceof Passage.Passed passed) {
                return new Passed(passed.event());
            }
            if (passage instanceof Passage.Dropped) {
                return FILTERED;
            }
            if (passage instanceof Passage.Failed failed) {
                return new Failed(DeadLetters.Stage.TRANSFORM, failed.why());
            }
            if (passage instanceof Passage.Unready unready && (attempt == ATTEMPTS || control.isEnding())) {
                return new Failed(DeadLetters.Stage.TRANSFORM, unready.why());
            }
            control.pause(Duration.ofMillis(50L << attempt));
        }
    }

    private static EventMeshException unjudged(RuntimeException broken) {
        ErrorCode code = broken instanceof EventMeshException refusal ? refusal.code() : ErrorCode.RULE_INVALID;
        return new EventMeshException(code, "filter: " + FailureText.reason(broken), broken);
    }
}
