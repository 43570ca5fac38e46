package io.eventmesh.spi.mesh;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Durability;

/** A stream as an operator sees it: how many events and bytes it holds now. */
public record StreamStatus(StreamName name, int partitions, long events, long bytes, Durability durability) {}
