package io.eventmesh.benchmarks.system;

/**
 * What a phase varies; everything else is as in {@link #BASE}.
 *
 * @param kind how events are published
 * @param connections of the generator, publishers and subscribers spread over them
 * @param topics published to in turn
 * @param groups each of which gets every event, or, when split, those of one topic
 * @param split whether each group subscribes one topic only
 * @param payload bytes of data in each event
 * @param eventsEach in one call
 * @param outstanding calls, or events on a stream
 * @param perSecond calls a second; 0 for as fast as they are answered
 */
record Setting(
        Kind kind,
        int connections,
        int topics,
        int groups,
        boolean split,
        int payload,
        int eventsEach,
        int outstanding,
        double perSecond) {
    enum Kind {
        UNARY,
        BATCH,
        STREAM
    }

    static final Setting BASE = new Setting(Kind.UNARY, 1, 1, 1, false, 1024, 1, 64, 0);

    Setting connections(int other) {
        return new Setting(
                kind, other, topics, groups, split, payload, eventsEach, Math.max(outstanding, other), perSecond);
    }

    Setting topics(int other) {
        return new Setting(kind, connections, other, groups, split, payload, eventsEach, outstanding, perSecond);
    }

    Setting groups(int other) {
        return new Setting(kind, connections, topics, other, split, payload, eventsEach, outstanding, perSecond);
    }

    /** As many connections, topics and groups, each group with a topic of its own. */
    Setting squared(int count) {
        return new Setting(kind, count, count, count, true, payload, eventsEach, outstanding, perSecond);
    }

    Setting payload(int bytes) {
        return new Setting(kind, connections, topics, groups, split, bytes, eventsEach, outstanding, perSecond);
    }

    Setting batch(int events) {
        return new Setting(Kind.BATCH, connections, topics, groups, split, payload, events, outstanding, perSecond);
    }

    Setting stream(int events) {
        return new Setting(Kind.STREAM, connections, topics, groups, split, payload, 1, events, perSecond);
    }

    Setting outstanding(int calls) {
        return new Setting(kind, connections, topics, groups, split, payload, eventsEach, calls, perSecond);
    }

    Setting perSecond(double rate) {
        return new Setting(kind, connections, topics, groups, split, payload, eventsEach, outstanding, rate);
    }
}
