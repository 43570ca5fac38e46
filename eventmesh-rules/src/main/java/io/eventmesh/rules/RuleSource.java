package io.eventmesh.rules;

import io.eventmesh.common.topic.TopicPattern;

/** One subscription of a group of rules: whoever judges its events is a member of it. */
public record RuleSource(RuleGroup group, TopicPattern pattern) {
    @Override
    public String toString() {
        return group + "@" + pattern;
    }
}
