package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.connector.SentWindow.Sent;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Outgoing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class SentWindowTest {
    private final SentWindow window = new SentWindow();
    private final List<String> acked = new ArrayList<>();

    @Test
    void whatWasStoredBehindARefusedEventOfItsKeyIsSentAgain() {
        Sent first = sent("p", "1", "k");
        Sent other = sent("p", "2", "other");
        Sent behind = sent("p", "3", "k");
        Sent elsewhere = sent("q", "1", "k");
        window.answered(first, new EventMeshException(ErrorCode.OVERLOADED, "later"));
        List.of(other, behind, elsewhere).forEach(each -> window.answered(each, null));

        assertThat(take()).isEqualTo(3);

        assertThat(window.toResend()).containsExactly(first, behind);
    }

    @Test
    void aPartitionGoesOnWhileAnotherOneWaits() {
        Sent waits = sent("p", "1", null);
        Sent done = sent("q", "7", null);
        window.answered(done, null);

        take();
        window.release((partition, position) -> acked.add(partition + new String(position, UTF_8)));

        assertThat(acked).containsExactly("q7");
        assertThat(window.count()).isEqualTo(2);
        window.answered(waits, null);
        take();
        window.release((partition, position) -> acked.add(partition + new String(position, UTF_8)));
        assertThat(acked).containsExactly("q7", "p1");
        assertThat(window.count()).isZero();
        assertThat(window.bytes()).isZero();
    }

    @Test
    void aPositionlessRecordCountsAndMovesNothing() {
        Sent sent = sent("p", "", null);
        assertThat(window.count()).isEqualTo(1);
        window.answered(sent, null);

        take();
        window.release((partition, position) -> acked.add(partition));

        assertThat(window.count()).isZero();
        assertThat(acked).isEmpty();
    }

    private int take() {
        return window.takeAnswers(stored -> {}, (failed, why) -> {});
    }

    private Sent sent(String partition, String position, @Nullable String key) {
        var builder = Event.builder().id(partition + position).source("/s").type("t");
        if (key != null) {
            builder.attribute("partitionkey", key);
        }
        Event event = builder.build();
        Sent sent = window.add(
                new SourceRecord(partition, position.getBytes(UTF_8), null),
                event,
                new Outgoing(TopicName.of("in"), event));
        window.sending(sent, Instant.EPOCH);
        return sent;
    }
}
