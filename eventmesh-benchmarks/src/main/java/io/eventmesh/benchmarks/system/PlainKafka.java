package io.eventmesh.benchmarks.system;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/**
 * The yardstick of the Kafka storage: one producer (all replicas acknowledge, idempotent, otherwise Kafka's defaults) and one
 * consumer of a group (Kafka's defaults) in the generator's own process, and the same events as the mesh gets, as values.
 * Each phase has a topic and a group of its own, and fails unless every event came exactly once.
 */
final class PlainKafka {
    /** As many as the mesh gives a stream by default. */
    private static final int PARTITIONS = 4;

    private static final int PATIENCE_SECONDS = 60;
    private static final AtomicInteger NEXT = new AtomicInteger();

    private final KafkaServer broker;
    private final EventLoopGroup loop;

    PlainKafka(KafkaServer broker, EventLoopGroup loop) {
        this.broker = broker;
        this.loop = loop;
    }

    /** The broker's processor time counts, the clients' does not. */
    Phase run(Setting setting, int seconds) throws Exception {
        String topic = "plain-" + NEXT.incrementAndGet();
        create(topic);
        SampleEvent sample = new SampleEvent(topic + "/t0", setting.payload());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        broker.bootstrap(),
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
                        true,
                        ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
                        ByteArraySerializer.class,
                        ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG,
                        ByteArraySerializer.class));
                Reading reading = new Reading(topic)) {
            producer.partitionsFor(topic);
            reading.awaitPartitions();
            double cpu = broker.process().cpuSeconds();
            long start = System.nanoTime();
            PlainLoad load = new PlainLoad(loop, producer, topic, sample, setting);
            reading.load = load;
            load.begin();
            Trial.pause(seconds);
            load.stop();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (reading.delivered.get() < load.answered() && System.nanoTime() < until) {
                LockSupport.parkNanos(1_000_000);
            }
            double took = (System.nanoTime() - start) / 1e9;
            double used = broker.process().cpuSeconds() - cpu;
            long delivered = reading.delivered.get();
            if (load.failed() > 0 || delivered != load.answered() || reading.doubled.get() > 0) {
                throw new EventMeshException(
                        ErrorCode.INTERNAL,
                        "published %d, failed %d, delivered %d, doubled %d (expected: all once)"
                                .formatted(load.answered(), load.failed(), delivered, reading.doubled.get()));
            }
            return new Phase(
                    load.answered() / took,
                    delivered / took,
                    load.latencies(),
                    reading.latencies,
                    used * 1e6 / Math.max(1, delivered),
                    0);
        }
    }

    private void create(String topic) throws Exception {
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, broker.bootstrap()))) {
            admin.createTopics(List.of(new NewTopic(topic, PARTITIONS, (short) 1)))
                    .all()
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** The consumer and its thread. */
    private final class Reading implements AutoCloseable {
        private final KafkaConsumer<byte[], byte[]> consumer;
        private final Thread thread;
        private final CountDownLatch assigned = new CountDownLatch(1);
        private final BitSet seen = new BitSet();
        private final Latencies latencies = new Latencies();
        private final AtomicLong delivered = new AtomicLong();
        private final AtomicLong doubled = new AtomicLong();
        private volatile @Nullable PlainLoad load;

        Reading(String topic) {
            consumer = new KafkaConsumer<>(Map.of(
                    ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                    broker.bootstrap(),
                    ConsumerConfig.GROUP_ID_CONFIG,
                    topic,
                    ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                    "earliest",
                    ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
                    ByteArrayDeserializer.class,
                    ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG,
                    ByteArrayDeserializer.class));
            consumer.subscribe(List.of(topic));
            thread = NamedThreads.named("plain-consumer", this::read);
            thread.start();
        }

        void awaitPartitions() throws InterruptedException {
            if (!assigned.await(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the consumer got no partitions");
            }
        }

        private void read() {
            try {
                while (true) {
                    for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(100))) {
                        take(SampleEvent.number(each.value()));
                    }
                    if (!consumer.assignment().isEmpty()) {
                        assigned.countDown();
                    }
                }
            } catch (WakeupException closed) {
                consumer.close();
            }
        }

        private void take(long number) {
            PlainLoad from = load;
            if (from == null || seen.get((int) number)) {
                doubled.incrementAndGet();
            } else {
                seen.set((int) number);
                latencies.add(from.age(number));
                delivered.incrementAndGet();
            }
        }

        @Override
        public void close() {
            consumer.wakeup();
            try {
                thread.join();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
