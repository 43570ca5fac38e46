package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.storage.RecordingListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Test;

/** What groups on Kafka do beyond the contract: with Kafka's own tools, members that Kafka drops, and what is stored where. */
class KafkaGroupsTest extends KafkaGroupsFixture {
    @Test
    void theConsumerGroupsNameTellsWhoseItIs() {
        assertThat(consumerGroup()).startsWith(prefix + "..default.group.");
    }

    @Test
    void aMemberThatKafkaDroppedIsFencedAndComesBackUnderAnotherEpoch() {
        List<Position> positions = append("1", "2");
        GroupReader reader = read(listener);
        assigned(1);
        long epoch = listener.assignment(FIRST).epoch();

        get(admin.removeMembersFromConsumerGroup(consumerGroup(), new RemoveMembersFromConsumerGroupOptions())
                .all());
        CompletionStage<Void> late =
                reader.commit(FIRST, epoch, Progress.at(positions.get(1).offset() + 1));

        assertThat(refusal(late)).isEqualTo(ErrorCode.FENCED);
        assigned(2);
        assertThat(listener.calls(RecordingListener.Revoked.class))
                .containsExactly(new RecordingListener.Revoked(FIRST, epoch));
        assertThat(listener.assignment(FIRST).epoch()).isGreaterThan(epoch);
        assertThat(listener.assignment(FIRST).progress())
                .isEqualTo(Progress.at(positions.get(0).offset()));
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
    }

    @Test
    void anOffsetThatAToolSetIsWhereTheGroupGoesOn() {
        List<Position> positions = append("1", "2", "3");
        OffsetAndMetadata second = new OffsetAndMetadata(positions.get(1).offset());
        get(admin.alterConsumerGroupOffsets(consumerGroup(), Map.of(place(), second))
                .all());

        GroupReader reader = read(listener);
        assigned(1);
        reader.request(FIRST, Long.MAX_VALUE);

        eventually(() -> assertThat(listener.ids()).containsExactly("2", "3"));
    }

    @Test
    void moreGroupsThanARuntimeMayReadAreRefusedWithTheNumber() {
        KafkaStorage small = started(1);
        await(small.createGroup(group("other"), Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.latest()));
        GroupReader first = await(small.openReader(GROUP, listener));

        CompletionStage<GroupReader> answer = small.openReader(group("other"), new RecordingListener());

        assertThat(refusal(answer)).isEqualTo(ErrorCode.QUOTA_EXCEEDED);
        await(small.openReader(GROUP, new RecordingListener())).close();
        first.close();
        eventually(() -> await(small.openReader(group("other"), new RecordingListener())));
    }

    @Test
    void whatWasPurgedWhileNobodyReadIsToldOnce() {
        append("1", "2", "3");
        await(storage.purgeStream(ORDERS));
        append("4");

        GroupReader reader = read(listener);
        eventually(() -> assertThat(listener.gaps()).hasSize(1));
        reader.close();
        RecordingListener again = new RecordingListener();
        GroupReader second = read(again);
        eventually(
                () -> assertThat(again.calls(RecordingListener.Assigned.class)).hasSize(1));
        second.request(FIRST, Long.MAX_VALUE);

        eventually(() -> assertThat(again.ids()).containsExactly("4"));
        assertThat(again.gaps()).isEmpty();
        Gap gap = new Gap(FIRST, 0, 3, 3, Gap.Why.RETENTION);
        assertThat(listener.gaps()).containsExactly(gap);
        assertThat(storage.group(GROUP).orElseThrow().gaps()).containsExactly(gap);
    }

    @Test
    void whatAGroupMissedIsKnownToOtherRuntimesAndAfterARestart() {
        append("1", "2", "3");
        await(storage.purgeStream(ORDERS));
        read(listener);
        eventually(() -> assertThat(listener.gaps()).hasSize(1));

        KafkaStorage other = started(100);

        assertThat(other.group(GROUP).orElseThrow().gaps()).isEqualTo(listener.gaps());
        await(storage.deleteGroup(GROUP));
        await(storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest()));
        assertThat(storage.group(GROUP).orElseThrow().gaps()).isEmpty();
    }

    @Test
    void markersOfTransactionsAreNoGaps() {
        append("1");
        Map<String, Object> settings = new HashMap<>(Map.of(
                "bootstrap.servers",
                KafkaBroker.shared().bootstrap(),
                "transactional.id",
                prefix + "-foreign",
                "enable.metrics.push",
                false));
        try (KafkaProducer<byte[], byte[]> foreign =
                new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            foreign.initTransactions();
            for (int i = 0; i < 3; i++) {
                foreign.beginTransaction();
                foreign.send(new ProducerRecord<>(place().topic(), 0, null, "{}".getBytes(UTF_8)));
                foreign.flush();
                foreign.abortTransaction();
            }
        }
        List<Position> last = append("2");
        assertThat(last.get(0).offset()).isGreaterThan(4);

        GroupReader reader = read(listener);
        assigned(1);
        reader.request(FIRST, Long.MAX_VALUE);

        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
        assertThat(listener.gaps()).isEmpty();
    }

    @Test
    void aListenerThatHoldsItsThreadForLongFails() {
        append("1");
        List<EventMeshException> failures = new ArrayList<>();
        GroupReader reader = read(new GroupReader.Listener() {
            @Override
            public void assigned(StreamPartition partition, long epoch, Progress progress) {
                clock.advance(ConsumerGroup.MAX_POLL_INTERVAL.plusSeconds(1));
            }

            @Override
            public void revoked(StreamPartition partition, long epoch) {
                throw new AssertionError("told after its failure");
            }

            @Override
            public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
                throw new AssertionError("told after its failure");
            }

            @Override
            public void gap(Gap gap) {
                throw new AssertionError("told after its failure");
            }

            @Override
            public void failed(EventMeshException cause) {
                failures.add(cause);
            }
        });
        reader.request(FIRST, Long.MAX_VALUE);

        eventually(() -> assertThat(failures).hasSize(1));
        assertThat(failures.get(0)).hasMessageContaining("held its thread");
    }

    @Test
    void aPassingGroupIsNoConsumerGroup() {
        SubscriptionName passing = group("_passing/runtime/1");
        await(storage.createPassingGroup(passing, Set.of(ORDERS), DeliveryTerms.DEFAULT));
        GroupReader reader = await(storage.openReader(passing, listener));
        assigned(1);
        await(reader.commit(FIRST, listener.assignment(FIRST).epoch(), Progress.at(0)));

        assertThat(consumerGroups()).hasSize(1).noneMatch(id -> id.contains("passing"));
    }

    @Test
    void aDeletedGroupsOffsetsGo() {
        assertThat(consumerGroups()).hasSize(1);

        await(storage.deleteGroup(GROUP));

        eventually(() -> assertThat(consumerGroups()).isEmpty());
    }

    @Test
    void progressOfAnotherRuntimeIsSeenWhenItIsAskedFor() {
        KafkaStorage other = started(100);
        List<Position> positions = append("1", "2", "3");
        GroupReader reader = read(listener);
        assigned(1);

        await(reader.commit(
                FIRST,
                listener.assignment(FIRST).epoch(),
                Progress.at(positions.get(2).offset() + 1)));

        eventually(() -> {
            clock.advance(Duration.ofSeconds(4));
            assertThat(other.group(GROUP).orElseThrow().progress())
                    .containsEntry(FIRST, Progress.at(positions.get(2).offset() + 1));
        });
    }

    @Test
    void startsAreCommittedBeforeAGroupIsAnswered() {
        append("1", "2");
        await(storage.createGroup(group("latest"), Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.latest()));

        ListOffsetsResult.ListOffsetsResultInfo end =
                get(admin.listOffsets(Map.of(place(), OffsetSpec.latest())).partitionResult(place()));
        String id = consumerGroups().stream()
                .filter(each -> each.contains(".latest."))
                .findFirst()
                .orElseThrow();
        Map<TopicPartition, OffsetAndMetadata> committed =
                get(admin.listConsumerGroupOffsets(id).partitionsToOffsetAndMetadata());

        assertThat(committed)
                .hasEntrySatisfying(
                        place(), offset -> assertThat(offset.offset()).isEqualTo(end.offset()));
    }
}
