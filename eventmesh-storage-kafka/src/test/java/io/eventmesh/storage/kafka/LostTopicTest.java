package io.eventmesh.storage.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.junit.jupiter.api.Test;

/** Somebody removes a stream's topic with a tool of Kafka's. */
class LostTopicTest extends KafkaGroupsFixture {
    private static final StreamName BILLS = new StreamName("default", "bills");
    private static final StreamPartition BILL = new StreamPartition(BILLS, 0);

    @Test
    void itsStreamRefusesUntilItIsDeletedAndIsMadeAnewThenWhileOthersGoOn() throws Exception {
        await(storage.createStream(BILLS, new StreamSettings(1)));
        await(storage.createGroup(GROUP, Set.of(ORDERS, BILLS), DeliveryTerms.DEFAULT, Start.earliest()));
        GroupReader reader = read(listener);
        assigned(2);
        append("1", "2", "3");

        // a topic of the same name in its place is not the stream's either
        String topic = topicOf(ORDERS);
        admin.deleteTopics(List.of(topic)).all().get(20, TimeUnit.SECONDS);
        eventually(() -> admin.createTopics(List.of(new NewTopic(topic, Optional.of(1), Optional.empty())))
                .all()
                .get(20, TimeUnit.SECONDS));

        eventually(() -> assertThat(storage.health().state()).isEqualTo(Health.State.DEGRADED));
        assertThat(storage.health().detail()).contains("orders");
        eventually(() -> assertThat(listener.calls(RecordingListener.Revoked.class))
                .hasSameSizeAs(ordersAssigned())
                .allSatisfy(revoked -> assertThat(revoked.partition()).isEqualTo(FIRST)));
        int before = ordersAssigned().size();
        refusedAsLost(storage.append(ORDERS, List.of(orders.record("4")), 0).get(0));
        refusedAsLost(storage.createStream(ORDERS, new StreamSettings(1)));
        refusedAsLost(storage.purgeStream(ORDERS));
        refusedAsLost(storage.peek(FIRST, 0, 1, 1));
        reader.request(BILL, Long.MAX_VALUE);
        await(storage.append(BILLS, List.of(RecordFixture.of(BILLS, clock).record("bill")), 0)
                .get(0));
        eventually(() -> assertThat(listener.ids()).containsExactly("bill"));

        await(storage.deleteStream(ORDERS));
        admin.deleteTopics(List.of(topic)).all().get(20, TimeUnit.SECONDS);
        eventually(() -> await(storage.createStream(ORDERS, new StreamSettings(1))));
        append("5");

        eventually(() -> assertThat(ordersAssigned()).hasSize(before + 1));
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("bill", "5"));
        eventually(() -> assertThat(storage.health().state()).isEqualTo(Health.State.UP));
    }

    private List<RecordingListener.Assigned> ordersAssigned() {
        return listener.calls(RecordingListener.Assigned.class).stream()
                .filter(assigned -> assigned.partition().equals(FIRST))
                .toList();
    }

    private String topicOf(StreamName stream) {
        return new TopicNames(config(1), "").stream(stream);
    }

    private static void refusedAsLost(CompletionStage<?> answer) {
        assertThat(Answers.refusal(answer)).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
        assertThat(answer.toCompletableFuture())
                .failsWithin(PATIENCE)
                .withThrowableThat()
                .withMessageContaining("removed in Kafka");
    }

    @Test
    void healthNamesOffsetsThatKafkaForgetsSoonerThanEvents() {
        // streams of these tests keep events for a hundred years, the broker offsets for a week
        eventually(() -> assertThat(storage.health().detail()).contains("offsets.retention.minutes: 10080"));
    }
}
