package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.SendTerms;

/**
 * What a lane is told of its target.
 *
 * @param revision of the rule
 * @param epoch raised when a person starts the target again
 * @param paused whether its events wait
 */
record LaneDefinition(LaneName name, Route.Form form, LanePolicy policy, long revision, long epoch, boolean paused) {
    static LaneDefinition of(RuleDefinition rule, TargetDefinition target) {
        LaneName name = new LaneName(rule.getNamespace(), rule.getBus(), rule.getName(), target.getName());
        DeliveryPolicy delivery = target.getDelivery();
        boolean complete = target.hasDelivery();
        return new LaneDefinition(
                name,
                new Route.Form(
                        name.namespace(),
                        name.inBus(),
                        new Destination(target.getKind(), target.getSpec()),
                        complete ? SendTerms.of(delivery) : SendTerms.defaults(),
                        target.getCredential()),
                complete ? LanePolicy.of(delivery, target.getKind()) : LanePolicy.defaults(target.getKind()),
                rule.getRevision(),
                target.getEpoch(),
                target.getPaused());
    }
}
