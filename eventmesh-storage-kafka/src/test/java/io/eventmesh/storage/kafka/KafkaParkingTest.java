package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.testkit.storage.RecordingListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the parking topic holds: what former owners write late, what many events leave, what goes with a group. */
class KafkaParkingTest extends KafkaGroupsFixture {
    @Test
    void whatAFormerOwnerWritesLateIsPutRightForWhoeverReadsTheTopicFromItsBeginning() {
        read(listener);
        assigned(1);
        long epoch = listener.assignment(FIRST).epoch();
        Ticket ticket = new Ticket(FIFTH, "lane", 1, 11, 22, "kept");
        await(storage.parking().park(GROUP, epoch, ticket, orders.record("parked")));
        List<ConsumerRecord<byte[], byte[]>> before = parkingTopic();
        ConsumerRecord<byte[], byte[]> written = before.stream()
                .filter(record -> new String(record.key(), UTF_8).startsWith("T"))
                .findFirst()
                .orElseThrow();

        formerOwnerWrites(written.partition(), written.key(), null);
        formerOwnerWrites(
                written.partition(),
                new String(written.key(), UTF_8).replace("|5|", "|6|").getBytes(UTF_8),
                written.value());

        // each record that does not count is answered by two that are right
        eventually(() -> assertThat(parkingTopic()).hasSize(before.size() + 2 + 4));
        Map<String, byte @Nullable []> newest = new HashMap<>();
        parkingTopic().forEach(record -> newest.put(new String(record.key(), UTF_8), record.value()));
        assertThat(newest.entrySet().stream()
                        .filter(each -> each.getKey().startsWith("T") && each.getValue() != null)
                        .map(Map.Entry::getKey)
                        .collect(Collectors.toSet()))
                .containsExactly(new String(written.key(), UTF_8));
        assertThat(await(storage.parking().tickets(GROUP))).containsExactly(ticket);
        KafkaStorage other = started(100);
        assertThat(await(other.parking().tickets(GROUP))).containsExactly(ticket);
        assertThat(await(other.parking().read(GROUP, FIFTH)).event().id()).isEqualTo("parked");
    }

    private void formerOwnerWrites(int partition, byte[] key, byte @Nullable [] value) {
        Map<String, Object> settings = new HashMap<>(
                Map.of("bootstrap.servers", KafkaBroker.shared().bootstrap(), "enable.metrics.push", false));
        try (KafkaProducer<byte[], byte[]> former =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            former.send(new ProducerRecord<>(
                    prefix + "..parking",
                    partition,
                    key,
                    value,
                    List.of(new RecordHeader("fence", new Fence(0, 0).bytes()))));
        }
    }

    private List<ConsumerRecord<byte[], byte[]>> parkingTopic() {
        Map<String, Object> settings = new HashMap<>(
                Map.of("bootstrap.servers", KafkaBroker.shared().bootstrap(), "enable.metrics.push", false));
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> places = consumer.partitionsFor(prefix + "..parking").stream()
                    .map(info -> new TopicPartition(info.topic(), info.partition()))
                    .toList();
            consumer.assign(places);
            consumer.seekToBeginning(places);
            Map<TopicPartition, Long> ends = consumer.endOffsets(places);
            while (places.stream().anyMatch(place -> consumer.position(place) < ends.getOrDefault(place, 0L))) {
                consumer.poll(Duration.ofMillis(100)).forEach(found::add);
            }
        }
        return found;
    }

    @Test
    void manyParkedEventsAreThereAgainAndAreReadTogether() {
        int many = 500;
        List<CompletionStage<Void>> parked = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            Ticket ticket = new Ticket(new Position(FIRST, i), null, 1, 0, i, "");
            parked.add(storage.parking()
                    .park(GROUP, Long.MAX_VALUE, ticket, orders.padding(500).record("e" + i)));
        }
        parked.forEach(KafkaGroupsTest::await);

        KafkaStorage other = started(100);

        assertThat(other.group(GROUP).orElseThrow().parked()).isEqualTo(many);
        assertThat(await(other.parking().tickets(GROUP))).hasSize(many);
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            ids.add(await(other.parking().read(GROUP, new Position(FIRST, i)))
                    .event()
                    .id());
        }
        assertThat(ids).startsWith("e0", "e1").endsWith("e499").doesNotHaveDuplicates();
    }

    @Test
    void whatADeletedGroupHadParkedIsRemovedFromTheTopic() {
        Ticket ticket = new Ticket(FIFTH, "lane", 1, 11, 22, "");
        await(storage.parking().park(GROUP, Long.MAX_VALUE, ticket, orders.record("parked")));

        await(storage.deleteGroup(GROUP));

        eventually(() -> {
            Map<String, byte @Nullable []> newest = new HashMap<>();
            parkingTopic().forEach(record -> newest.put(new String(record.key(), UTF_8), record.value()));
            assertThat(newest).isNotEmpty();
            assertThat(newest.values()).containsOnlyNulls();
        });
    }

    @Test
    void progressThatKafkaHasForgottenIsTakenFromWhatTheMeshKept() {
        List<Position> positions = append("1", "2", "3");
        GroupReader reader = read(listener);
        assigned(1);
        Progress progress = Progress.at(positions.get(2).offset());
        await(reader.commit(FIRST, listener.assignment(FIRST).epoch(), progress));
        reader.close();
        eventually(() -> {
            clock.advance(Duration.ofSeconds(4));
            assertThat(storage.group(GROUP)).isPresent();
            assertThat(parkingTopic()).anyMatch(record -> new String(record.key(), UTF_8).startsWith("P"));
        });
        eventually(
                () -> get(admin.deleteConsumerGroups(List.of(consumerGroup())).all()));

        storage = started(100);

        assertThat(storage.group(GROUP).orElseThrow().progress()).containsEntry(FIRST, progress);
        RecordingListener again = new RecordingListener();
        GroupReader second = read(again);
        eventually(
                () -> assertThat(again.calls(RecordingListener.Assigned.class)).hasSize(1));
        second.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(again.ids()).containsExactly("3"));
    }
}
