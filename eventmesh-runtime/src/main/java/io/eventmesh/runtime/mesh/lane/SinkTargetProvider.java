package io.eventmesh.runtime.mesh.lane;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.List;

/**
 * Targets that are sink connectors: <code>{"connector": "archive", "topic": "archive/in"}</code>.
 *
 * <p>An event is published to the topic, which the connector subscribes; that there is such a connector and that it does
 * is the admin's check, since only it knows connectors. What the connector makes of the event is the connector's: its own
 * retries, progress and dead letter.
 */
public final class SinkTargetProvider implements TargetSenderProvider {
    @Override
    public String name() {
        return "sink";
    }

    @Override
    public void validate(String namespace, String spec) {
        JsonNode tree = TopicSpec.tree(spec, List.of("connector", "topic"));
        TopicSpec.topic(tree);
        String connector = tree.path("connector").asText("");
        if (!connector.matches("[A-Za-z0-9_.~%-]{1,64}")) {
            throw TopicSpec.refused("spec.connector", connector, "the name of a sink connector");
        }
    }

    @Override
    public TargetSender create(String spec, TargetContext context) {
        JsonNode tree = TopicSpec.tree(spec, List.of("connector", "topic"));
        return new TopicTarget(context.namespace(), TopicSpec.topic(tree), context.mesh());
    }
}
