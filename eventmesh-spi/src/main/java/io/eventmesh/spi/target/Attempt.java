package io.eventmesh.spi.target;

import io.eventmesh.spi.storage.EventRecord;

/**
 * An event on its way to a destination.
 *
 * @param number of the attempt, 1 for the first
 */
public record Attempt(EventRecord record, int number) {}
