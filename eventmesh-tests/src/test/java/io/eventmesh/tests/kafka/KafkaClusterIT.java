package io.eventmesh.tests.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What tests do to brokers is really done, and the brokers go on where they were. */
class KafkaClusterIT {
    private static final String TOPIC = "orders";

    @TempDir
    Path directory;

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void threeBrokersKeepEveryRecordWhileOneAfterTheOtherEndsInEveryWay() throws Exception {
        try (KafkaCluster cluster = KafkaCluster.plan(directory, 3)
                .set("broker.session.timeout.ms", "3000")
                .start()) {
            Map<String, Object> servers = Map.of("bootstrap.servers", cluster.bootstrapServers());
            try (Admin admin = Admin.create(servers)) {
                admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(1), Optional.empty())))
                        .all()
                        .get(20, TimeUnit.SECONDS);
            }
            try (var producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", cluster.bootstrapServers(), "acks", "all"),
                    new StringSerializer(),
                    new StringSerializer())) {
                send(producer, "all are there");

                cluster.broker(0).kill();
                assertThat(cluster.broker(0).isAlive()).isFalse();
                send(producer, "one was killed");
                cluster.broker(0).start();
                cluster.awaitServing();

                cluster.broker(1).terminate();
                send(producer, "one was terminated");
                cluster.broker(1).start();
                cluster.awaitServing();

                cluster.broker(2).pause();
                send(producer, "one is paused");
                cluster.broker(2).resume();
                cluster.awaitServing();
            }

            assertThat(read(cluster, 4))
                    .containsExactlyInAnyOrder(
                            "all are there", "one was killed", "one was terminated", "one is paused");
        }
    }

    private static void send(KafkaProducer<String, String> producer, String text) throws Exception {
        producer.send(new ProducerRecord<>(TOPIC, 0, "k", text)).get(60, TimeUnit.SECONDS);
    }

    private static Set<String> read(KafkaCluster cluster, int count) {
        Set<String> found = new TreeSet<>();
        TopicPartition partition = new TopicPartition(TOPIC, 0);
        try (var consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", cluster.bootstrapServers()),
                new StringDeserializer(),
                new StringDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            for (int poll = 0; poll < 50 && found.size() < count; poll++) {
                consumer.poll(Duration.ofMillis(200)).forEach(one -> found.add(one.value()));
            }
        }
        return found;
    }
}
