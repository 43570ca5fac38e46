package io.eventmesh.admin.database;

import org.jspecify.annotations.Nullable;

/**
 * What is written down of a write.
 *
 * @param id given by the database; 0 before
 * @param actorKind how the actor is known
 * @param via the admin that forwarded it, or null
 * @param operation the operation id of the contract
 * @param resource what was written, as {@code connectors/orders}
 * @param code of the refusal, or null
 * @param beforeRevision what was there, or null
 * @param afterRevision what is there, or null
 * @param beforeHash SHA-256 of what was there, or null; the text itself may hold what nobody should read
 * @param afterHash SHA-256 of what is there, or null
 * @param message of the refusal, or empty
 */
public record AuditRow(
        long id,
        long atMillis,
        String actor,
        String actorKind,
        String address,
        String requestId,
        @Nullable String via,
        String operation,
        String namespace,
        String resource,
        Outcome outcome,
        @Nullable Integer code,
        @Nullable Long beforeRevision,
        @Nullable Long afterRevision,
        @Nullable String beforeHash,
        @Nullable String afterHash,
        String message) {

    /** How far it came. */
    public enum Outcome {
        /** Something outside of the database was asked for; how that ended is not known. */
        BEGUN,
        DONE,
        REFUSED
    }
}
