package io.eventmesh.runtime.config;

import io.eventmesh.common.config.Check;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.config.Doc;
import java.util.Map;

/** Section {@code limits}: bounds that hold at every door; 0 is no bound. Immutable. */
public record LimitsConfig(
        @Doc("Largest event in its encoded form; a door's transport limit lies above it.")
        DataSize maxEventSize,

        Rate namespace,

        Rate client,

        Rate topic,

        Quota quota,

        @Doc("Rates of namespaces that have their own: name to events-per-second and bytes-per-second.")
        Map<String, Rate> namespaces,

        @Doc("Rates of clients that have their own, by the name they proved.")
        Map<String, Rate> clients,

        @Doc("Rates of topics that have their own, in every namespace.")
        Map<String, Rate> topics,

        @Doc("Quotas of namespaces that have their own: name to streams, subscriptions and members.")
        Map<String, Quota> quotas) {

    /** How fast events may be published. */
    public record Rate(
            @Doc("Events that may be published in a second; more are refused with RATE_LIMITED. 0 is no bound.")
            int eventsPerSecond,

            @Doc("The same in bytes of the encoded events.") DataSize bytesPerSecond) {
        public static final Rate UNLIMITED = new Rate(0, new DataSize(0));

        public Rate {
            Check.range("events-per-second", eventsPerSecond, 0, 1_000_000_000);
        }

        public static Rate defaults() {
            return UNLIMITED;
        }

        public boolean isUnlimited() {
            return eventsPerSecond == 0 && bytesPerSecond.bytes() == 0;
        }
    }

    /** How much a namespace may have. */
    public record Quota(
            @Doc("Streams of a namespace, those of the mesh itself not counted; more are refused with QUOTA_EXCEEDED. "
                    + "0 is no bound.")
            int streams,

            @Doc("Subscriptions of a namespace, those of the mesh itself not counted.")
            int subscriptions,

            @Doc("Members that are attached to a namespace's subscriptions here.")
            int members) {
        public Quota {
            Check.range("streams", streams, 0, 10_000_000);
            Check.range("subscriptions", subscriptions, 0, 10_000_000);
            Check.range("members", members, 0, 10_000_000);
        }

        public static Quota defaults() {
            return new Quota(0, 0, 0);
        }
    }

    public LimitsConfig {
        Check.positive("max-event-size", maxEventSize);
        Check.require(
                maxEventSize.compareTo(DataSize.ofMebibytes(64)) <= 0, "max-event-size", maxEventSize, "at most 64MiB");
        namespaces = Map.copyOf(namespaces);
        clients = Map.copyOf(clients);
        topics = Map.copyOf(topics);
        quotas = Map.copyOf(quotas);
    }

    public static LimitsConfig defaults() {
        return new LimitsConfig(
                DataSize.ofMebibytes(1),
                Rate.UNLIMITED,
                Rate.UNLIMITED,
                Rate.UNLIMITED,
                Quota.defaults(),
                Map.of(),
                Map.of(),
                Map.of(),
                Map.of());
    }

    public LimitsConfig withMaxEventSize(DataSize other) {
        return new LimitsConfig(other, namespace, client, topic, quota, namespaces, clients, topics, quotas);
    }

    public LimitsConfig withNamespace(Rate other) {
        return new LimitsConfig(maxEventSize, other, client, topic, quota, namespaces, clients, topics, quotas);
    }

    public LimitsConfig withClient(Rate other) {
        return new LimitsConfig(maxEventSize, namespace, other, topic, quota, namespaces, clients, topics, quotas);
    }

    public LimitsConfig withTopic(Rate other, Map<String, Rate> named) {
        return new LimitsConfig(maxEventSize, namespace, client, other, quota, namespaces, clients, named, quotas);
    }

    public LimitsConfig withQuota(Quota other) {
        return new LimitsConfig(maxEventSize, namespace, client, topic, other, namespaces, clients, topics, quotas);
    }
}
