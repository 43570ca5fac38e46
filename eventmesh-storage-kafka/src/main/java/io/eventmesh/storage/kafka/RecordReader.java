package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads Kafka records: those that {@link RecordForm} wrote, and events that other clients wrote by the CloudEvents Kafka
 * binding. What is neither is counted, told in the log now and then, and passed over.
 *
 * <p>Thread-safe.
 */
final class RecordReader {
    private static final Logger log = LoggerFactory.getLogger(RecordReader.class);
    private static final long LOG_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

    private final MeshClock clock;
    private final AtomicLong unreadable = new AtomicLong();
    private final AtomicLong toldAt;

    RecordReader(MeshClock clock) {
        this.clock = clock;
        this.toldAt = new AtomicLong(Long.MIN_VALUE);
    }

    /** How many records were no events. */
    long unreadable() {
        return unreadable.get();
    }

    /** The record, or null if it is no event. */
    @Nullable
    EventRecord read(StreamPartition partition, ConsumerRecord<byte[], byte[]> record) {
        try {
            return read(partition.stream().name(), record);
        } catch (IllegalArgumentException | EventMeshException refused) {
            passOver(partition, record.offset(), refused);
            return null;
        }
    }

    /**
     * Reads a record of a topic that need not be a stream's.
     *
     * @param usualTopic of events that name none
     * @throws IllegalArgumentException or EventMeshException if it is no event
     */
    static EventRecord read(String usualTopic, ConsumerRecord<byte[], byte[]> record) {
        Fields fields = new Fields(usualTopic);
        Event event = fields.event(record);
        String key = record.key() == null ? null : new String(record.key(), UTF_8);
        if (key == null && !fields.ours) {
            key = event.partitionKey();
        }
        return new EventRecord(
                TopicName.of(fields.topic),
                key,
                Math.max(0, record.timestamp()),
                fields.hops,
                fields.target,
                fields.principal,
                fields.traceparent,
                fields.notBefore,
                event);
    }

    private void passOver(StreamPartition partition, long offset, RuntimeException why) {
        long count = unreadable.incrementAndGet();
        long now = clock.nanoTime();
        long before = toldAt.get();
        if ((before == Long.MIN_VALUE || now - before >= LOG_EVERY_NANOS) && toldAt.compareAndSet(before, now)) {
            log.warn(
                    "Record passed over: it is no event. stream={} partition={} offset={} sinceStart={} why={}",
                    partition.stream(),
                    partition.index(),
                    offset,
                    count,
                    Names.shown(String.valueOf(why.getMessage())));
        }
    }

    /** What the headers say. */
    private static final class Fields {
        private boolean ours;
        private String topic;
        private int hops;
        private @Nullable String target;
        private @Nullable String principal;
        private @Nullable String traceparent;
        private long notBefore;

        Fields(String usualTopic) {
            topic = usualTopic;
        }

        Event event(ConsumerRecord<byte[], byte[]> record) {
            Header form = record.headers().lastHeader(MeshHeaders.FORM);
            if (form == null) {
                topic(record);
                return ForeignEvent.read(record);
            }
            ours = true;
            byte[] shape = form.value();
            if (shape == null || shape.length < 2 || shape[0] != MeshHeaders.VERSION) {
                throw new IllegalArgumentException(
                        "%s: another version (expected: %s)".formatted(MeshHeaders.FORM, (char) MeshHeaders.VERSION));
            }
            if (shape[1] == MeshHeaders.STRUCTURED) {
                record.headers().forEach(this::header);
                byte[] value = record.value();
                return Event.scan(value == null ? new byte[0] : value);
            }
            PlainEvent event = new PlainEvent(shape, record.value());
            for (Header header : record.headers()) {
                event.header(header);
                header(header);
            }
            return event.build();
        }

        /** Another client may say the topic, nothing else. */
        private void topic(ConsumerRecord<byte[], byte[]> record) {
            Header said = record.headers().lastHeader(MeshHeaders.TOPIC);
            if (said != null && said.value() != null) {
                String name = text(said);
                if (TopicName.of(name).firstLevel().startsWith("_")) {
                    throw new IllegalArgumentException(
                            "topic: '%s' (expected: one that is not the mesh's own)".formatted(Names.shown(name)));
                }
                topic = name;
            }
        }

        private void header(Header header) {
            if (!header.key().startsWith("mesh_") || header.value() == null) {
                return;
            }
            switch (header.key()) {
                case MeshHeaders.TOPIC -> topic = text(header);
                case MeshHeaders.HOPS -> hops = Integer.parseInt(text(header));
                case MeshHeaders.TARGET -> target = text(header);
                case MeshHeaders.PRINCIPAL -> principal = text(header);
                case MeshHeaders.TRACEPARENT -> traceparent = text(header);
                case MeshHeaders.NOT_BEFORE -> notBefore = Long.parseLong(text(header));
                default -> {}
            }
        }

        private static String text(Header header) {
            return new String(header.value(), UTF_8);
        }
    }
}
