package io.eventmesh.storage.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.Faults.Operation;
import io.eventmesh.testkit.storage.FaultyStorage;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The test kit's faulty storage, in front of a real one. */
class FaultyMemoryStorageTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final StreamPartition FIRST = new StreamPartition(ORDERS, 0);
    private static final SubscriptionName GROUP = new SubscriptionName("default", "g", TopicPattern.of("orders"));

    private final ManualTime clock = new ManualTime();
    private final FaultyStorage storage = new FaultyStorage(new MemoryStorage(MemoryStorageConfig.defaults(), clock));

    @BeforeEach
    void open() {
        storage.start();
        storage.createStream(ORDERS, new StreamSettings(1));
        storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.earliest());
    }

    private CompletionStage<Position> append(String id) {
        return storage.append(ORDERS, List.of(RecordFixture.of(ORDERS, clock).record(id)), 0)
                .get(0);
    }

    private static @Nullable ErrorCode code(CompletionStage<?> stage) {
        return stage.handle((value, failure) ->
                        failure == null ? null : EventMeshException.of(failure).code())
                .toCompletableFuture()
                .join();
    }

    private long events() {
        return storage.stream(ORDERS).orElseThrow().events();
    }

    @Test
    void theNthCallFailsAndDoesNotTakePlace() {
        storage.faults().fail(Operation.APPEND, 2, ErrorCode.STORAGE_UNAVAILABLE);

        assertThat(code(append("1"))).isNull();
        assertThat(code(append("2"))).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
        assertThat(code(append("3"))).isNull();

        assertThat(events()).isEqualTo(2);
        assertThat(storage.faults().calls(Operation.APPEND)).isEqualTo(3);
    }

    @Test
    void allCallsFailUntilItIsHealed() {
        storage.faults().failAll(Operation.APPEND, ErrorCode.STORAGE_FULL);
        assertThat(code(append("1"))).isEqualTo(ErrorCode.STORAGE_FULL);
        assertThat(code(append("2"))).isEqualTo(ErrorCode.STORAGE_FULL);

        storage.faults().heal();

        assertThat(code(append("3"))).isNull();
    }

    @Test
    void aDelayedCallTakesPlaceAndIsAnsweredWhenReleased() {
        storage.faults().delay(Operation.APPEND, 1);

        CompletionStage<Position> late = append("1");
        CompletionStage<Position> prompt = append("2");

        assertThat(late.toCompletableFuture()).isNotDone();
        assertThat(prompt.toCompletableFuture()).isCompleted();
        assertThat(events()).isEqualTo(2);
        storage.faults().release();
        assertThat(late.toCompletableFuture()).isCompletedWithValue(new Position(FIRST, 0));
    }

    @Test
    void commitsFailAndRequestsBreakTheReader() {
        RecordingListener listener = new RecordingListener();
        GroupReader reader =
                storage.openReader(GROUP, listener).toCompletableFuture().join();
        append("1");
        storage.faults()
                .fail(Operation.COMMIT, 1, ErrorCode.STORAGE_UNAVAILABLE)
                .fail(Operation.REQUEST, 2, ErrorCode.STORAGE_UNAVAILABLE);
        reader.request(FIRST, 1);
        long epoch = listener.assignment(FIRST).epoch();

        assertThat(code(reader.commit(FIRST, epoch, Progress.at(1)))).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(1);
        reader.request(FIRST, 1);

        assertThat(listener.calls(RecordingListener.Failed.class)).hasSize(1);
        assertThat(code(reader.commit(FIRST, epoch, Progress.at(1)))).isEqualTo(ErrorCode.FENCED);
    }
}
