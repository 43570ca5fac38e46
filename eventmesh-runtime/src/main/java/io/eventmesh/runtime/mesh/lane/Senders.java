package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;

/**
 * Makes the senders of destinations, by the plugin of their kind. Thread-safe.
 *
 * @param runtimeId named to destinations that want to know who sends
 * @param mesh to which senders may publish
 */
public record Senders(Plugins plugins, String runtimeId, Mesh mesh, MeshClock clock, Scheduler scheduler) {
    /** @throws io.eventmesh.common.error.EventMeshException RULE_INVALID naming the field, or PLUGIN_UNKNOWN */
    public void validate(String namespace, Destination destination) {
        plugins.named(TargetSenderProvider.class, destination.kind()).validate(namespace, destination.spec());
    }

    /** @throws io.eventmesh.common.error.EventMeshException as {@link #validate} does */
    TargetSender sender(String namespace, Destination destination) {
        validate(namespace, destination);
        return plugins.named(TargetSenderProvider.class, destination.kind())
                .create(destination.spec(), new TargetContext(namespace, runtimeId, mesh, clock, scheduler));
    }
}
