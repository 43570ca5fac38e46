package io.eventmesh.admin.definition;

/** What is stored after a write. */
public record Stored<T>(T row, boolean created) {}
