package io.eventmesh.spi.storage;

import io.eventmesh.common.topic.StreamName;

/** A stream and what it holds now. */
public record StreamInfo(StreamName name, StreamSettings settings, long events, long bytes) {}
