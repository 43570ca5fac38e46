package io.eventmesh.admin.definition;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.Optional;

/**
 * What a caller expects to be stored now.
 *
 * @param revision the resource's, when the caller named one
 * @param absent that there is none
 */
public record Precondition(Optional<Long> revision, boolean absent) {
    public static final Precondition NONE = new Precondition(Optional.empty(), false);

    /** @throws EventMeshException PRECONDITION_FAILED */
    void check(Optional<Long> stored) {
        if (absent && stored.isPresent()) {
            throw failed("present, revision " + stored.get(), "absent");
        }
        if (revision.isPresent() && !revision.equals(stored)) {
            throw failed(stored.map(number -> "revision " + number).orElse("absent"), "revision " + revision.get());
        }
    }

    private static EventMeshException failed(String found, String expected) {
        return new EventMeshException(
                ErrorCode.PRECONDITION_FAILED, "resource: %s (expected: %s)".formatted(found, expected));
    }
}
