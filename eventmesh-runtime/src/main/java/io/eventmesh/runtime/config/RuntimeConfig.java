package io.eventmesh.runtime.config;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.Doc;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.topic.TopicName;
import java.nio.file.Path;
import java.util.Map;

/** The keys that belong to no plugin. Immutable. */
public record RuntimeConfig(
        @Doc("Name of the cluster; its root in the meta store is /eventmesh/<cluster>.")
        String cluster,

        @Doc("Directory for everything this installation keeps; its processes may share it.")
        Path data,

        Security security,
        Ops ops,
        Meta meta,
        StorageChoice storage,
        Topics topics,
        LimitsConfig limits) {

    public RuntimeConfig {
        Check.require(cluster.matches("[A-Za-z0-9._-]{1,64}"), "cluster", "'" + cluster + "'", "[A-Za-z0-9._-]{1,64}");
    }

    /** What holds when nothing is said. */
    public static RuntimeConfig defaults() {
        return new RuntimeConfig(
                "default",
                Path.of("data"),
                new Security(Anonymous.LOOPBACK, Secret.none()),
                new Ops("127.0.0.1", 0),
                new Meta("zookeeper", ""),
                new StorageChoice("memory"),
                new Topics(true, 4, Map.of()),
                LimitsConfig.defaults());
    }

    /** Where callers that prove nothing are served. */
    public enum Anonymous {
        /** On this machine only: a server that binds another host refuses the start. */
        LOOPBACK,
        /** Everywhere. */
        ALLOW
    }

    /** Who may call. */
    public record Security(
            @Doc("Where callers that prove nothing are served: loopback (binding another host refuses the start) or "
                    + "allow.")
            Anonymous anonymous,

            @Doc("By which the runtimes of the cluster know one another; when empty one is made and kept in the meta "
                    + "store.")
            Secret clusterKey) {}

    /** The endpoint for health, readiness and metrics. */
    public record Ops(
            @Doc("Host on which /healthz, /readyz and /metrics are served.")
            String host,

            @Doc("Port on which /healthz, /readyz and /metrics are served; 0 takes a free one.")
            int port) {
        public Ops {
            Check.notBlank("host", host);
            Check.port("port", port);
        }
    }

    /** Which meta store. */
    public record Meta(
            @Doc("Plugin that keeps registrations, elections and fences.")
            String type,

            @Doc("Where the meta store is, host:port,…; when empty the first process on the machine hosts one and the "
                    + "others join it.")
            String connect) {
        public Meta {
            Check.notBlank("type", type);
        }
    }

    /** Which storage. */
    public record StorageChoice(
            @Doc("Plugin that keeps the events.") String type) {
        public StorageChoice {
            Check.notBlank("type", type);
        }
    }

    /** How topics become streams. */
    public record Topics(
            @Doc("Whether publishing or subscribing to an unknown topic makes its stream.")
            boolean autoCreate,

            @Doc("Partitions of a stream that is made by use; fixed for the stream's life.")
            int partitions,

            @Doc("Prefixes of topics that belong to a stream other than that of their first level: prefix to stream.")
            Map<String, String> streams) {
        public Topics {
            Check.range("partitions", partitions, 1, 10_000);
            streams = Map.copyOf(streams);
            streams.forEach((prefix, stream) -> {
                TopicName.of(prefix);
                TopicName.of(stream);
            });
        }
    }
}
