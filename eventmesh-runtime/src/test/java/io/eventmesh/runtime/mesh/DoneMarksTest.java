package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.storage.memory.MemoryStorage;
import io.eventmesh.storage.memory.MemoryStorageConfig;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.Faults;
import io.eventmesh.testkit.storage.FaultyStorage;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DoneMarksTest {
    private static final StreamName LETTERS = new StreamName("default", "letters");
    private static final StreamPartition FIRST = new StreamPartition(LETTERS, 0);
    private static final SubscriptionName GROUP =
            new SubscriptionName("default", "standing", TopicPattern.of("letters"));

    private final ManualTime time = new ManualTime();
    private final FaultyStorage storage = new FaultyStorage(new MemoryStorage(MemoryStorageConfig.defaults(), time));

    @BeforeEach
    void threeLettersStand() {
        storage.start();
        storage.createStream(LETTERS, new StreamSettings(1));
        storage.createGroup(GROUP, Set.of(LETTERS), DeliveryTerms.DEFAULT, Start.earliest());
        RecordFixture letters = RecordFixture.of(LETTERS, time);
        storage.append(LETTERS, List.of(letters.record("1"), letters.record("2"), letters.record("3")), 0);
    }

    @AfterEach
    void close() {
        storage.close();
    }

    @Test
    void whatIsMarkedIsDone() {
        assertThat(mark(1)).isCompleted();

        assertThat(progress().isDone(1)).isTrue();
        assertThat(progress().isDone(2)).isFalse();
        assertThat(time.pendingTimers()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"OPEN_READER", "COMMIT"})
    void whereThereIsNoAnswerItIsTriedAgainByTheCallerAndTheReaderIsGivenUp(Faults.Operation silent) {
        storage.faults().delay(silent, 1);
        CompletableFuture<Void> answer = mark(1);
        time.advance(Duration.ofSeconds(9));
        assertThat(answer).isNotDone();

        time.advance(Duration.ofSeconds(1));

        assertThat(answer)
                .failsWithin(Duration.ZERO)
                .withThrowableThat()
                .withCauseInstanceOf(EventMeshException.class)
                .satisfies(failure ->
                        assertThat(EventMeshException.of(failure).code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE));
        storage.faults().release();
        RecordingListener next = new RecordingListener();
        storage.openReader(GROUP, next);
        assertThat(next.calls(RecordingListener.Assigned.class)).hasSize(1);
        assertThat(mark(2)).isCompleted();
    }

    private CompletableFuture<Void> mark(long offset) {
        return DoneMarks.store(storage, time, GROUP, Map.of(FIRST, List.of(offset)))
                .toCompletableFuture();
    }

    private Progress progress() {
        return storage.group(GROUP).orElseThrow().progress().getOrDefault(FIRST, Progress.at(0));
    }
}
