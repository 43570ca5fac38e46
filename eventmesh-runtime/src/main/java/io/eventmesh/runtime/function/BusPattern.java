package io.eventmesh.runtime.function;

import io.eventmesh.common.topic.TopicPattern;

/** One pattern of a bus: what the role subscribes. */
record BusPattern(String namespace, String bus, TopicPattern pattern) {
    /** The group in which all function runtimes share the pattern's events. */
    String group() {
        return "_rules/" + bus;
    }
}
