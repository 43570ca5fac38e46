package io.eventmesh.admin.database;

import org.jspecify.annotations.Nullable;

/**
 * Work that takes longer than a call, as stored.
 *
 * @param kind what is done
 * @param resource what it is done to
 * @param request JSON object: how it is to be done
 * @param cursor how far it came, in the words of its kind; empty at the beginning
 * @param total how many there are to do, when that is known
 * @param result JSON object, when it has ended
 * @param error why it failed, when it did
 * @param cancelled somebody wants it to end
 * @param revision rises with every change
 */
public record OperationRow(
        String id,
        String kind,
        State state,
        String namespace,
        String resource,
        String request,
        String cursor,
        long done,
        @Nullable Long total,
        long failed,
        long skipped,
        @Nullable String result,
        @Nullable String error,
        boolean cancelled,
        String createdBy,
        long createdMillis,
        long updatedMillis,
        long revision) {

    /** PENDING → RUNNING → SUCCEEDED, FAILED or CANCELLED. */
    public enum State {
        PENDING,
        RUNNING,
        SUCCEEDED,
        FAILED,
        CANCELLED;

        public boolean isOpen() {
            return this == PENDING || this == RUNNING;
        }
    }
}
