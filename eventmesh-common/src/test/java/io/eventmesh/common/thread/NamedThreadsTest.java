package io.eventmesh.common.thread;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NamedThreadsTest {
    @Test
    void threadsAreNumberedDaemons() {
        NamedThreads threads = new NamedThreads("mesh-dispatch");

        Thread first = threads.newThread(() -> {});
        Thread second = threads.newThread(() -> {});

        assertThat(first.getName()).isEqualTo("mesh-dispatch-1");
        assertThat(second.getName()).isEqualTo("mesh-dispatch-2");
        assertThat(first.isDaemon()).isTrue();
    }

    @Test
    void aThreadMayHaveExactlyTheGivenName() {
        Thread thread = NamedThreads.named("wal-writer", () -> {});

        assertThat(thread.getName()).isEqualTo("wal-writer");
        assertThat(thread.isDaemon()).isTrue();
        assertThat(thread.getState()).isEqualTo(Thread.State.NEW);
    }
}
