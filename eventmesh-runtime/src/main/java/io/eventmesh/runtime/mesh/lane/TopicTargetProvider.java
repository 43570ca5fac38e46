package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.List;

/** Targets that are topics of the mesh: {@code {"topic": "package-names"}}. */
public final class TopicTargetProvider implements TargetSenderProvider {
    @Override
    public String name() {
        return "topic";
    }

    @Override
    public void validate(String namespace, String spec) {
        topic(spec);
    }

    @Override
    public TargetSender create(String spec, TargetContext context) {
        return new TopicTarget(context.namespace(), topic(spec), context.mesh());
    }

    private static TopicName topic(String spec) {
        return TopicSpec.topic(TopicSpec.tree(spec, List.of("topic")));
    }
}
