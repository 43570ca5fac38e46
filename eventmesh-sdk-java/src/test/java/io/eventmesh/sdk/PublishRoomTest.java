package io.eventmesh.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PublishRoomTest {
    private static PublishRoom room(int events, long bytes) {
        return new PublishRoom(events, bytes, Duration.ofMillis(20), () -> false);
    }

    private static void assertFull(@Nullable EventMeshException refusal) {
        assertThat(Objects.requireNonNull(refusal).code()).isEqualTo(ErrorCode.OVERLOADED);
    }

    @Test
    void whoFindsNoRoomInTimeIsRefusedAndLeavesNoTrace() {
        PublishRoom room = room(2, 1 << 20);
        assertThat(room.enter(10)).isNull();
        assertThat(room.enter(10)).isNull();

        assertFull(room.enter(10));

        room.leave(10);
        assertThat(room.enter(10)).isNull();
    }

    @Test
    void bytesAreBoundedAndAnEventLargerThanAllFitsAlone() {
        PublishRoom room = room(100, 10 << 10);
        assertThat(room.enter(1 << 20)).isNull();
        assertFull(room.enter(1));

        room.leave(1 << 20);

        assertThat(room.enter(5 << 10)).isNull();
        assertFull(room.enter(5 << 10));
        room.leave(5 << 10);
        assertThat(room.enter(1 << 20)).isNull();
    }

    @Test
    void anInterruptedThreadIsRefusedAndStaysInterrupted() {
        PublishRoom room = new PublishRoom(1, 1 << 20, Duration.ofMinutes(1), () -> false);
        assertThat(room.enter(1)).isNull();
        Thread.currentThread().interrupt();

        assertFull(room.enter(1));

        assertThat(Thread.interrupted()).isTrue();
    }
}
