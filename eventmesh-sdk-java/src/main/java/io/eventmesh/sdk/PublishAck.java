package io.eventmesh.sdk;

/**
 * The mesh stored an event.
 *
 * @param stream what keeps it
 * @param partition the part of the stream, counted from 0
 * @param offset the place in the partition
 */
public record PublishAck(String stream, int partition, long offset) {}
