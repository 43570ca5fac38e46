package io.eventmesh.spi.target;

import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.storage.EventRecord;
import java.util.Optional;
import java.util.Set;

/** Makes senders of one kind; the kind is the plugin's name, such as {@code topic}. */
public interface TargetSenderProvider extends Plugin {
    /**
     * Checks a target's specification, without connecting.
     *
     * @param spec JSON
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID naming field, value and expectation
     */
    void validate(String namespace, String spec);

    /** Which kinds of credential a target may have; none unless its kind knows them. */
    default Set<String> credentialKinds() {
        return Set.of();
    }

    /** Credentials that a valid specification names besides the target's own. */
    default Set<String> credentials(String spec) {
        return Set.of();
    }

    /** Whether a target of this valid specification takes several events in one call. */
    default boolean batches(String spec) {
        return false;
    }

    /**
     * What a target of this valid specification would be sent for an event; none where there is nothing to show.
     *
     * @param credentialKind of the target's credential; empty for none
     */
    default Optional<Preview> preview(String spec, String credentialKind, EventRecord record) {
        return Optional.empty();
    }

    /** Makes a sender from a valid specification. */
    TargetSender create(String spec, TargetContext context);
}
