package io.eventmesh.admin.definition;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.Optional;

/**
 * What a caller expects to be stored now.
 *
 * @param revision the resource's, when the caller named one
 * @param absent that there is none
 * @param present that there is one, whichever it is
 */
public record Precondition(Optional<Long> revision, boolean absent, boolean present) {
    /** Nothing is said. */
    public static final Precondition NONE = new Precondition(Optional.empty(), false, false);

    /** Whatever is there. */
    public static final Precondition ANY = new Precondition(Optional.empty(), false, true);

    /** @throws EventMeshException PRECONDITION_FAILED */
    void check(Optional<Long> stored) {
        if (absent && stored.isPresent()) {
            throw failed("present, revision " + stored.get(), "absent");
        }
        if (present && stored.isEmpty()) {
            throw failed("absent", "present");
        }
        if (revision.isPresent() && !revision.equals(stored)) {
            throw failed(stored.map(number -> "revision " + number).orElse("absent"), "revision " + revision.get());
        }
    }

    /**
     * That the caller said what it expects: nobody overwrites what he has not read.
     *
     * @throws EventMeshException PRECONDITION_REQUIRED
     */
    void require(long stored) {
        if (revision.isEmpty() && !present) {
            throw new EventMeshException(
                    ErrorCode.PRECONDITION_REQUIRED,
                    "If-Match: missing (expected: \"%d\" as in the ETag that was read, or *)".formatted(stored));
        }
    }

    private static EventMeshException failed(String found, String expected) {
        return new EventMeshException(
                ErrorCode.PRECONDITION_FAILED, "resource: %s (expected: %s)".formatted(found, expected));
    }
}
