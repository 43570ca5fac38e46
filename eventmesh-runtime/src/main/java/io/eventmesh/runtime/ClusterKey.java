package io.eventmesh.runtime;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.MetaStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** By which the runtimes of a cluster know one another: the configured one, or one that the first of them made. */
final class ClusterKey {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final int BYTES = 32;

    private ClusterKey() {}

    /**
     * The cluster's key; blocks for the meta store's answer.
     *
     * @param random must not be foreseeable
     * @throws EventMeshException META_UNAVAILABLE
     */
    static Secret of(Secret configured, MetaStore meta, RandomGenerator random) {
        if (configured.isPresent()) {
            return configured;
        }
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        byte[] made = HexFormat.of().formatHex(bytes).getBytes(StandardCharsets.US_ASCII);
        for (int tries = 0; tries < 3; tries++) {
            Optional<MetaStore.Versioned> kept = Waiting.of(meta.get(MetaPaths.CLUSTER_KEY), PATIENCE);
            if (kept.isPresent()) {
                return Secret.of(new String(kept.get().value(), StandardCharsets.US_ASCII));
            }
            try {
                Waiting.of(meta.put(MetaPaths.CLUSTER_KEY, made, MetaStore.ABSENT), PATIENCE);
            } catch (EventMeshException other) {
                // another runtime was first: its key holds
                if (other.code() != ErrorCode.VERSION_CONFLICT) {
                    throw other;
                }
            }
        }
        throw new EventMeshException(ErrorCode.META_UNAVAILABLE, "cluster key: not kept by the meta store");
    }
}
