package io.eventmesh.spi.target;

import io.eventmesh.spi.plugin.Plugin;

/** Makes senders of one kind; the kind is the plugin's name, such as {@code topic}. */
public interface TargetSenderProvider extends Plugin {
    /**
     * Checks a target's specification, without connecting.
     *
     * @param spec JSON
     * @throws io.eventmesh.common.error.EventMeshException RULE_INVALID naming field, value and expectation
     */
    void validate(String namespace, String spec);

    /** Makes a sender from a valid specification. */
    TargetSender create(String spec, TargetContext context);
}
