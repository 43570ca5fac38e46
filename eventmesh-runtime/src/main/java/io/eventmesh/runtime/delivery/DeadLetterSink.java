package io.eventmesh.runtime.delivery;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import java.util.concurrent.CompletionStage;

/** Where dead letters are stored. Thread-safe, never blocks. */
@FunctionalInterface
public interface DeadLetterSink {
    /**
     * Stores a dead letter, making its stream when needed; completes when it is as safe as any other event.
     *
     * @param event the event with why it is dead
     * @param original as the group had it
     */
    CompletionStage<?> append(String namespace, TopicName topic, Event event, EventRecord original);
}
