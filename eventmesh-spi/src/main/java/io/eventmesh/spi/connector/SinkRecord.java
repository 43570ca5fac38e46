package io.eventmesh.spi.connector;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;

/**
 * One event for a sink.
 *
 * @param topic where it was published
 * @param event the event
 * @param attempt 1 for the first offer
 */
public record SinkRecord(TopicName topic, Event event, int attempt) {}
