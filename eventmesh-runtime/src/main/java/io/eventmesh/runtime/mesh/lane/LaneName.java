package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.runtime.delivery.DeadLetter;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** A target of a rule, and the names of what belongs to it. */
record LaneName(String namespace, String bus, String rule, String target) {
    private static final int MAX_GROUP = 200;
    private static final int MAX_TOPIC = 255;

    /** {@code rule/target}, as beside events on their way there. */
    String inBus() {
        return rule + '/' + target;
    }

    /** Where its events come from. */
    TopicName outbox() {
        return outbox(namespace, bus);
    }

    static TopicName outbox(String namespace, String bus) {
        return TopicName.of("_t/" + namespace + "/" + bus);
    }

    /** The group that reads what waits for it. */
    SubscriptionName backlog() {
        String tail = bus + "/" + inBus();
        String group = DeadLetter.TARGETS + tail;
        String topic = outbox() + "/" + inBus();
        if (group.length() > MAX_GROUP || topic.length() > MAX_TOPIC) {
            String digest = UUID.nameUUIDFromBytes(tail.getBytes(StandardCharsets.UTF_8))
                    .toString();
            group = DeadLetter.TARGETS + bus + "/" + digest;
            topic = outbox() + "/" + digest;
        }
        return new SubscriptionName(namespace, group, TopicPattern.of(topic));
    }

    @Override
    public String toString() {
        return namespace + ":" + inBus();
    }
}
