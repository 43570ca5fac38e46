package io.eventmesh.runtime.mesh;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import java.util.Map;

/** Section {@code topics}: which streams keep which topics, and whether they are made by use. */
public record TopicsConfig(
        @Doc("Whether a stream is made when the first event or subscription asks for it.")
        boolean autoCreate,

        @Doc("How many partitions a stream made by use has.")
        int partitions,

        @Doc("Topic prefix to stream, for topics that shall not be kept in the stream of their first level.")
        Map<String, String> streams) {
    public TopicsConfig {
        Check.range("partitions", partitions, 1, 10_000);
        streams = Map.copyOf(streams);
        streams.forEach((prefix, stream) -> {
            StreamMap.requireName("streams", prefix);
            StreamMap.requireName("streams." + prefix, stream);
        });
    }

    public static TopicsConfig defaults() {
        return new TopicsConfig(true, 4, Map.of());
    }
}
