package io.eventmesh.tests.kafka;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartitionInfo;

/** Whether brokers take part in their cluster and every replica on them is in sync. */
final class Serving {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int CALL_MILLIS = 5_000;

    private Serving() {}

    /** Waits for it where only a process of another host can look. Arguments: servers, ids of brokers with commas. */
    public static void main(String[] arguments) {
        awaitServing(
                arguments[0],
                Stream.of(arguments[1].split(",", -1)).map(Integer::valueOf).collect(Collectors.toSet()),
                () -> {});
    }

    /** @param look before each look at the cluster */
    static void awaitServing(String servers, Set<Integer> brokers, Runnable look) {
        try (Admin admin = Admin.create(Map.of(
                AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, servers,
                AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, CALL_MILLIS,
                AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, CALL_MILLIS))) {
            await("brokers %s serve".formatted(brokers))
                    .atMost(LIMIT)
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> {
                        look.run();
                        return serve(admin, brokers);
                    });
        }
    }

    private static boolean serve(Admin admin, Set<Integer> brokers) throws InterruptedException {
        try {
            Set<Integer> there =
                    get(admin.describeCluster().nodes()).stream().map(Node::id).collect(Collectors.toSet());
            if (!there.containsAll(brokers)) {
                return false;
            }
            Set<String> topics = get(
                    admin.listTopics(new ListTopicsOptions().listInternal(true)).names());
            for (TopicDescription topic :
                    get(admin.describeTopics(topics).allTopicNames()).values()) {
                if (!topic.partitions().stream().allMatch(partition -> inSync(partition, brokers))) {
                    return false;
                }
            }
            return true;
        } catch (ExecutionException | TimeoutException | KafkaException notYet) {
            return false;
        }
    }

    private static boolean inSync(TopicPartitionInfo partition, Set<Integer> brokers) {
        Set<Integer> replicas = partition.replicas().stream().map(Node::id).collect(Collectors.toSet());
        Set<Integer> insync = partition.isr().stream().map(Node::id).collect(Collectors.toSet());
        replicas.retainAll(brokers);
        return partition.leader() != null && insync.containsAll(replicas);
    }

    private static <T> T get(KafkaFuture<T> answer) throws InterruptedException, ExecutionException, TimeoutException {
        return answer.get(2L * CALL_MILLIS, TimeUnit.MILLISECONDS);
    }
}
