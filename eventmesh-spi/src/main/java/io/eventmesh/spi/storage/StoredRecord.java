package io.eventmesh.spi.storage;

/** A record with its place. */
public record StoredRecord(Position position, EventRecord record) {}
