package io.eventmesh.common.error;

/** What a caller can do about each code. Stateless. */
final class Suggestions {
    private Suggestions() {}

    static String on(ErrorCode code) {
        return switch (code) {
            case EVENT_INVALID -> "Correct the attribute that the message names, and publish the event anew.";
            case EVENT_TOO_LARGE -> "Send a reference to the data instead of the data, or raise the mesh's limit.";
            case REQUEST_INVALID, RULE_INVALID -> "Correct the value that the message names.";
            case CONFIG_INVALID -> "Correct the keys that the message names.";
            case UNAUTHENTICATED -> "Check the token or key that the client sends.";
            case PERMISSION_DENIED -> "Ask an operator for the right, or use a topic of your own.";
            case TOPIC_NOT_FOUND -> "Check the topic's name, or have its stream made by an operator.";
            case NOT_FOUND -> "Check the name; it may have been deleted.";
            case ALREADY_EXISTS -> "Use the terms that the message names, another name, or change what exists.";
            case VERSION_CONFLICT, PRECONDITION_FAILED -> "Read again, and repeat the change on what was read.";
            case PRECONDITION_REQUIRED -> "Read first, and send the version that was read with the change.";
            case IDEMPOTENCY_MISMATCH -> "Use a new idempotency key for another request.";
            case NOT_SUPPORTED -> "Use another way, or a release, storage or plugin that can do it.";
            case FENCED -> "Stop: somebody else does this work now.";
            case NOT_LEADER -> "Ask the leader.";
            case RATE_LIMITED -> "Try again after the pause, and send more slowly.";
            case OVERLOADED -> "Try again after a pause, with less in flight.";
            case STORAGE_FULL -> "Try again later; consumers must catch up or the storage must grow.";
            case QUOTA_EXCEEDED -> "Delete what is not needed, or ask an operator for a larger quota.";
            case STORAGE_UNAVAILABLE, META_UNAVAILABLE -> "Try again; if it stays, an operator must look at the mesh.";
            case SHUTTING_DOWN -> "Try again at another runtime, or open a new client if this one was closed.";
            case DEADLINE_EXCEEDED -> "Try again if a second time does no harm; check that a runtime can be reached.";
            case PORT_IN_USE, STORAGE_OWNED, DATABASE_OWNED -> "Stop the process that holds it, or use another one.";
            case DELIVERY_FAILED -> "Check that the destination is there and takes events; its own log says more.";
            case PLUGIN_UNKNOWN -> "Install the plugin, or use one of those that the message names.";
            case CONNECTOR_CONFIG_INVALID -> "Correct the keys that the plugin names.";
            case INTERNAL -> "Report it with the log of the runtime at that time.";
            case DATA_CORRUPT -> "An operator must look at the storage of the runtime.";
        };
    }
}
