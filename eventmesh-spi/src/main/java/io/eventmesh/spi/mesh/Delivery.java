package io.eventmesh.spi.mesh;

import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;

/**
 * One offer of one event to one member. Ends in ack, release or reject by {@link Member}, in a time-out, or with the
 * member.
 *
 * @param id names the delivery for its member; never reused by the same member
 * @param position where the event is stored
 * @param record the event with its header
 * @param attempt 1 for the first offer to the group
 */
public record Delivery(long id, Position position, EventRecord record, int attempt) {}
