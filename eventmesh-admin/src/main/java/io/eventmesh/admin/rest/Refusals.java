package io.eventmesh.admin.rest;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;

/** What several calls refuse alike. */
final class Refusals {
    private Refusals() {}

    static EventMeshException unknown(String what, String name) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND, "%s: '%s' (expected: an existing one)".formatted(what, Names.shown(name)));
    }

    static EventMeshException invalid(String what, String found, String expected) {
        return new EventMeshException(
                ErrorCode.REQUEST_INVALID, "%s: '%s' (expected: %s)".formatted(what, Names.shown(found), expected));
    }
}
