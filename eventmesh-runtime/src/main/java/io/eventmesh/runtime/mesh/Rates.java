package io.eventmesh.runtime.mesh;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.config.LimitsConfig;
import io.eventmesh.runtime.config.LimitsConfig.Rate;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.security.Principal;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How fast a namespace, a client and a topic may publish: a bucket of events and one of bytes for each that has a bound,
 * both full after a second of rest. Runtimes of the cluster are held to the namespace's rate alone. Thread-safe.
 */
final class Rates {
    /** Subjects of one kind whose buckets are remembered; the least used one is forgotten, and begins anew. */
    private static final int MAX_SUBJECTS = 10_000;

    private record TopicKey(String namespace, TopicName topic) {}

    /** A client that proved nothing is its connection. */
    private record ClientKey(@Nullable String name, String door, int connection) {
        static ClientKey of(CallContext context) {
            Principal caller = context.principal();
            return caller.kind() == Principal.Kind.ANONYMOUS
                    ? new ClientKey(null, context.door(), context.connection())
                    : new ClientKey(caller.name(), "", 0);
        }

        @Override
        public String toString() {
            return name == null ? "connection of door " + door : "client '" + name + "'";
        }
    }

    private final @Nullable Kind<String> namespaces;
    private final @Nullable Kind<ClientKey> clients;
    private final @Nullable Kind<TopicKey> topics;

    private Rates(LimitsConfig limits, MeshClock clock) {
        TimeMeter time = new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return clock.nanoTime();
            }

            @Override
            public boolean isWallClockBased() {
                return false;
            }
        };
        long largest = limits.maxEventSize().bytes();
        namespaces = kind(
                limits.namespace(), limits.namespaces(), key -> key, key -> "namespace '" + key + "'", time, largest);
        clients = kind(limits.client(), limits.clients(), ClientKey::name, ClientKey::toString, time, largest);
        topics = kind(
                limits.topic(),
                limits.topics(),
                key -> key.topic().value(),
                key -> "topic '" + key.topic() + "'",
                time,
                largest);
    }

    /** Null where nothing has a bound, so that nothing is asked. */
    static @Nullable Rates of(LimitsConfig limits, MeshClock clock) {
        Rates rates = new Rates(limits, clock);
        boolean none = rates.namespaces == null && rates.clients == null && rates.topics == null;
        return none ? null : rates;
    }

    /**
     * Takes an event's share of every rate that it counts for, or of none.
     *
     * @param topic null for a reply, which has none
     * @throws EventMeshException RATE_LIMITED saying when to come again
     */
    void admit(CallContext context, @Nullable TopicName topic, int size) {
        boolean runtime = context.principal().isRuntime();
        Meter namespace = namespaces == null ? null : namespaces.of(context.namespace());
        Meter client = clients == null || runtime ? null : clients.of(ClientKey.of(context));
        Meter about =
                topics == null || runtime || topic == null ? null : topics.of(new TopicKey(context.namespace(), topic));
        Meter[] meters = {namespace, client, about};
        for (int i = 0; i < meters.length; i++) {
            EventMeshException refusal = meters[i] == null ? null : meters[i].take(size);
            if (refusal != null) {
                for (int taken = 0; taken < i; taken++) {
                    if (meters[taken] != null) {
                        meters[taken].giveBack(size);
                    }
                }
                throw refusal;
            }
        }
    }

    private static <K> @Nullable Kind<K> kind(
            Rate common,
            Map<String, Rate> named,
            Function<K, @Nullable String> name,
            Function<K, String> shown,
            TimeMeter time,
            long largest) {
        if (common.isUnlimited() && named.values().stream().allMatch(Rate::isUnlimited)) {
            return null;
        }
        return new Kind<>(Caffeine.newBuilder()
                .maximumSize(MAX_SUBJECTS)
                .executor(Runnable::run)
                .build(key -> {
                    String own = name.apply(key);
                    Rate rate = own == null ? common : named.getOrDefault(own, common);
                    return new Meter(shown.apply(key), rate, time, largest);
                }));
    }

    private record Kind<K>(LoadingCache<K, Meter> meters) {
        Meter of(K key) {
            return meters.get(key);
        }
    }

    /** The buckets of one subject. */
    private static final class Meter {
        private final String who;
        private final Rate rate;
        private final @Nullable Bucket events;
        private final @Nullable Bucket bytes;

        Meter(String who, Rate rate, TimeMeter time, long largest) {
            this.who = who;
            this.rate = rate;
            events = rate.eventsPerSecond() == 0 ? null : bucket(rate.eventsPerSecond(), rate.eventsPerSecond(), time);
            long perSecond = rate.bytesPerSecond().bytes();
            // the largest event must pass some time, however low the rate
            bytes = perSecond == 0 ? null : bucket(Math.max(perSecond, largest), perSecond, time);
        }

        private static Bucket bucket(long capacity, long perSecond, TimeMeter time) {
            return Bucket.builder()
                    .addLimit(limit -> limit.capacity(capacity).refillGreedy(perSecond, Duration.ofSeconds(1)))
                    .withCustomTimePrecision(time)
                    .build();
        }

        @Nullable
        EventMeshException take(int size) {
            if (events != null && !events.tryConsume(1)) {
                return refusal("events", rate.eventsPerSecond(), events, 1);
            }
            if (bytes != null && !bytes.tryConsume(size)) {
                if (events != null) {
                    events.addTokens(1);
                }
                return refusal("bytes", rate.bytesPerSecond().bytes(), bytes, size);
            }
            return null;
        }

        void giveBack(int size) {
            if (events != null) {
                events.addTokens(1);
            }
            if (bytes != null) {
                bytes.addTokens(size);
            }
        }

        private EventMeshException refusal(String what, long bound, Bucket bucket, int wanted) {
            long nanos = bucket.estimateAbilityToConsume(wanted).getNanosToWaitForRefill();
            return new EventMeshException(
                    ErrorCode.RATE_LIMITED,
                    "%s a second of %s: more (expected: at most %d)".formatted(what, who, bound),
                    Duration.ofMillis(Math.max(1, (nanos + 999_999) / 1_000_000)));
        }
    }
}
