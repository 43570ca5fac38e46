package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.SendTerms;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetEnvironment;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;

/**
 * Makes the senders of destinations, by the plugin of their kind. Thread-safe.
 *
 * @param known the credentials of the definitions in force
 */
public record Senders(Plugins plugins, TargetEnvironment environment, KnownCredentials known) {
    /** @throws io.eventmesh.common.error.EventMeshException RULE_INVALID naming the field, or PLUGIN_UNKNOWN */
    public void validate(String namespace, Destination destination) {
        plugins.named(TargetSenderProvider.class, destination.kind()).validate(namespace, destination.spec());
    }

    /** @throws io.eventmesh.common.error.EventMeshException as {@link #validate} does */
    TargetSender sender(String namespace, Destination destination) {
        return sender(destination, new TargetContext(namespace, "", SendTerms.defaults(), "", environment));
    }

    /** @throws io.eventmesh.common.error.EventMeshException as {@link #validate} does */
    TargetSender sender(Destination destination, TargetContext context) {
        validate(context.namespace(), destination);
        return plugins.named(TargetSenderProvider.class, destination.kind()).create(destination.spec(), context);
    }

    String runtimeId() {
        return environment.runtimeId();
    }

    MeshClock clock() {
        return environment.clock();
    }

    Scheduler scheduler() {
        return environment.scheduler();
    }
}
