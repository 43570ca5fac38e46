package io.eventmesh.common.topic;

/**
 * The identity of a subscription: a group's interest in a pattern, with its own progress.
 *
 * @param namespace who owns it
 * @param group the group, shared by its members
 * @param pattern which topics
 */
public record SubscriptionName(String namespace, String group, TopicPattern pattern) {
    public SubscriptionName {
        Names.requireName("namespace", namespace);
        Names.requireGroup(group);
    }

    @Override
    public String toString() {
        return namespace + ":" + group + "@" + pattern;
    }
}
