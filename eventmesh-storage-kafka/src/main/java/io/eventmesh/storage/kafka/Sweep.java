package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.DescribeLogDirsOptions;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns every few seconds what all streams hold, on a thread of its own, {@code mesh-kafka-sweep}.
 */
final class Sweep implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Sweep.class);

    private static final Duration PERIOD = Duration.ofSeconds(3);
    /** Until what seems to be missing is looked at again. */
    private static final Duration SOON = Duration.ofMillis(500);

    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);
    /** How many times offsets are asked for until sizes are. */
    private static final int SIZES_EVERY = 20;

    private static final int ADMIN_TIMEOUT_MILLIS = 8_000;

    private final Clients clients;
    private final Streams streams;
    private final Offsets offsets;
    private final LostTopics lost;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile @Nullable Thread thread;
    private volatile @Nullable String trouble;

    Sweep(Clients clients, Streams streams, Offsets offsets, LostTopics lost) {
        this.clients = clients;
        this.streams = streams;
        this.offsets = offsets;
        this.lost = lost;
    }

    /** Looks once, and goes on in the background. Blocks, at most some seconds. */
    void start() {
        sweep();
        measure();
        Thread running = NamedThreads.named("mesh-kafka-sweep", this::run);
        thread = running;
        running.start();
    }

    /** What keeps streams from being seen, if anything does. */
    Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    @Override
    public void close() {
        closing.countDown();
        Thread running = thread;
        if (running == null) {
            return;
        }
        running.interrupt();
        try {
            running.join(CLOSE_TIMEOUT.toMillis());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            boolean doubtful = lost.look();
            for (int round = 1; !closing.await((doubtful ? SOON : PERIOD).toMillis(), TimeUnit.MILLISECONDS); round++) {
                doubtful = lost.look();
                if (doubtful) {
                    // whoever asks a topic that is not there for its offsets waits long
                    continue;
                }
                sweep();
                if (round % SIZES_EVERY == 0) {
                    measure();
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void sweep() {
        Collection<StreamTail> all =
                streams.tails().stream().filter(tail -> !tail.isLost()).toList();
        Set<TopicPartition> asked = new HashSet<>();
        all.forEach(tail -> asked.addAll(tail.entry().topicPartitions()));
        if (asked.isEmpty()) {
            return;
        }
        try {
            Map<TopicPartition, Offsets.Range> found = await(offsets.lookAround(asked));
            for (StreamTail tail : all) {
                for (TopicPartition partition : tail.entry().topicPartitions()) {
                    Offsets.Range range = found.get(partition);
                    if (range != null) {
                        tail.learned(partition.partition(), range.first(), range.end());
                    }
                }
            }
            asked.removeAll(found.keySet());
            tell(asked.isEmpty() ? null : "no leader answers for %s of the partitions".formatted(asked.size()), asked);
        } catch (EventMeshException failure) {
            tell("Kafka does not answer: " + failure.reason(), asked);
        }
    }

    private void tell(@Nullable String now, Set<TopicPartition> silent) {
        if (closing.getCount() == 0) {
            return;
        }
        if (now != null && trouble == null) {
            log.warn(
                    "Streams cannot be seen now: Kafka does not answer for all of them. partitions={} such={}",
                    silent.size(),
                    silent.iterator().next());
        } else if (now == null && trouble != null) {
            log.info("All streams are seen again.");
        }
        trouble = now;
    }

    /** Sizes are an estimate that the mesh does without: where it may not ask for them, or gets no answer, nothing changes. */
    private void measure() {
        Collection<StreamTail> all = List.copyOf(streams.tails());
        if (all.isEmpty()) {
            return;
        }
        try {
            Collection<Node> nodes =
                    await(clients.admin().describeCluster().nodes().toCompletionStage());
            Map<Integer, Map<String, LogDirDescription>> directories = await(clients.admin()
                    .describeLogDirs(
                            nodes.stream().map(Node::id).toList(),
                            new DescribeLogDirsOptions().timeoutMs(ADMIN_TIMEOUT_MILLIS))
                    .allDescriptions()
                    .toCompletionStage());
            Map<TopicPartition, Long> sizes = new HashMap<>();
            directories
                    .values()
                    .forEach(broker -> broker.values()
                            .forEach(directory -> directory
                                    .replicaInfos()
                                    .forEach((partition, replica) -> size(sizes, partition, replica))));
            for (StreamTail tail : all) {
                tail.measured(tail.entry().topicPartitions().stream()
                        .mapToLong(partition -> sizes.getOrDefault(partition, 0L))
                        .sum());
            }
        } catch (EventMeshException failure) {
            log.debug("Sizes of streams are not known. error={}", failure.reason());
        }
    }

    private static void size(Map<TopicPartition, Long> sizes, TopicPartition partition, ReplicaInfo replica) {
        if (!replica.isFuture()) {
            sizes.merge(partition, replica.size(), Math::max);
        }
    }

    private static <T> T await(CompletionStage<T> stage) {
        try {
            return stage.toCompletableFuture().get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException failed) {
            throw Clients.failure(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw Clients.failure(interrupted);
        }
    }
}
