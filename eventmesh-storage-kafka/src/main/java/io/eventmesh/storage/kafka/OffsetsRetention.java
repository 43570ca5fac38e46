package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the brokers keep a group's progress, once nobody reads it, for as long as streams keep their events. Where they
 * do not, the group goes on from what {@link KeptProgress} has, up to an hour old, and reads that hour again.
 *
 * <p>Thread-safe.
 */
final class OffsetsRetention {
    private static final Logger log = LoggerFactory.getLogger(OffsetsRetention.class);
    private static final String SETTING = "offsets.retention.minutes";

    private final Clients clients;
    private final Duration wanted;
    private volatile @Nullable String shortfall;

    /** @param wanted how long streams keep events */
    OffsetsRetention(Clients clients, Duration wanted) {
        this.clients = clients;
        this.wanted = wanted;
    }

    /** Asks, and tells in the log. A mesh that may not ask does without. */
    void look() {
        try {
            clients.admin()
                    .describeCluster()
                    .nodes()
                    .toCompletionStage()
                    .thenCompose(this::settings)
                    .whenComplete((found, failure) -> {
                        if (failure == null) {
                            judge(found);
                        } else {
                            log.debug("How long Kafka keeps offsets is not known. error={}", failure.toString());
                        }
                    });
        } catch (EventMeshException closed) {
            log.debug("How long Kafka keeps offsets is not asked: the storage is closed.");
        }
    }

    private CompletionStage<Map<ConfigResource, Config>> settings(Collection<Node> nodes) {
        List<ConfigResource> brokers = nodes.stream()
                .map(node -> new ConfigResource(ConfigResource.Type.BROKER, node.idString()))
                .toList();
        return clients.admin().describeConfigs(brokers).all().toCompletionStage();
    }

    private void judge(Map<ConfigResource, Config> brokers) {
        OptionalLong shortest = brokers.values().stream()
                .map(broker -> broker.get(SETTING))
                .filter(entry -> entry != null && entry.value() != null)
                .map(ConfigEntry::value)
                .mapToLong(Long::parseLong)
                .min();
        if (shortest.isEmpty() || shortest.getAsLong() >= wanted.toMinutes()) {
            return;
        }
        shortfall = "%s: %d (expected: at least %d, as long as streams keep events)"
                .formatted(SETTING, shortest.getAsLong(), wanted.toMinutes());
        log.warn(
                "Kafka forgets the progress of a group that nobody reads sooner than streams forget events; such a group goes "
                        + "back by up to an hour. setting={} minutes={} expectedMinutes={}",
                SETTING,
                shortest.getAsLong(),
                wanted.toMinutes());
    }

    /** What is too short, if it is. */
    Optional<String> shortfall() {
        return Optional.ofNullable(shortfall);
    }
}
