package io.eventmesh.runtime.connector;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.TaskAssignment.Target;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.connector.DeferringSink;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SinkPipelineTest {
    private final RecordingMesh mesh = new RecordingMesh();
    private final List<SinkRecord> put = new CopyOnWriteArrayList<>();
    private final AtomicInteger forced = new AtomicInteger();
    private final AtomicInteger opened = new AtomicInteger();
    private volatile int safe;
    private volatile boolean obeys = true;
    private volatile @Nullable Exception failure;
    private volatile String reject = "nothing";
    private @Nullable TaskFixture fixture;

    @AfterEach
    void end() {
        if (fixture != null) {
            fixture.close();
        }
    }

    @Test
    void onlyWhatADeferringSinkCallsSafeIsAcked() {
        run(Deferring::new);
        RecordingMember member = member(0);
        offer(member, "a", "b", "c");
        await().until(() -> put.size() == 3);
        await().during(Duration.ofMillis(100)).until(() -> member.acked().isEmpty());

        safe = 2;

        await().until(() -> member.acked().equals(List.of(0L, 1L)));
    }

    @Test
    void aDeferringSinkIsToldToMakeAllSafeAtTheBoundOfItsBytes() {
        run(Deferring::new);
        RecordingMember member = member(0);

        offer(member, "x".repeat(30_000), "y".repeat(30_000));
        await().until(() -> put.size() == 2);
        assertThat(forced).hasValue(0);
        offer(member, "z".repeat(30_000));

        await().until(() -> member.acked().size() == 3);
        assertThat(forced.get()).isPositive();
    }

    @Test
    void aDeferringSinkThatKeepsEverythingIsOpenedAnew() {
        obeys = false;
        TaskRun run = run(Deferring::new);
        RecordingMember member = member(0);

        offer(member, "x".repeat(40_000), "y".repeat(40_000));

        await().until(() -> run.error().contains("unsafe (expected: safe when it is told to)"));
        assertThat(member.isClosed()).isTrue();
        assertThat(member.acked()).isEmpty();
    }

    @Test
    void allIsMadeSafeBeforeATaskPauses() {
        TaskRun run = run(Deferring::new);
        RecordingMember member = member(0);
        offer(member, "a", "b");
        await().until(() -> put.size() == 2);

        run.steer(Target.PAUSE, Duration.ofSeconds(5));

        await().until(() -> run.state() == TaskState.PAUSED);
        assertThat(member.acked()).containsExactly(0L, 1L);
    }

    @Test
    void aRecordThatTheSinkRejectsByItselfDoesNotSpoilItsBatch() {
        reject = "b";
        run(Plain::new);
        RecordingMember member = member(0);

        offer(member, "a", "b", "c");

        await().until(() -> member.acked().size() == 2);
        assertThat(member.acked()).containsExactly(0L, 2L);
        assertThat(member.rejected()).containsOnlyKeys(1L);
        assertThat(member.rejected().get(1L)).contains("cannot be written");
    }

    @Test
    void aRejectedRecordOfADeferringSinkIsDone() {
        reject = "b";
        run(Deferring::new);
        RecordingMember member = member(0);

        offer(member, "a", "b");

        await().until(() -> member.rejected().containsKey(1L));
        assertThat(member.acked()).isEmpty();
    }

    @Test
    void aLongRetryAfterGivesTheEventsBackAndLeavesTheSinkAlone() {
        failure = new EventMeshException(ErrorCode.DELIVERY_FAILED, "too many", Duration.ofMinutes(10));
        TaskRun run = run(Plain::new);
        RecordingMember member = member(0);

        offer(member, "a");

        await().until(member::isClosed);
        assertThat(member.released()).containsEntry(0L, Duration.ofMinutes(10));
        await().during(Duration.ofMillis(200)).until(() -> mesh.members().size() == 1);
        assertThat(run.state()).isEqualTo(TaskState.RUNNING);
        assertThat(opened).hasValue(1);
        run.steer(Target.DRAIN, Duration.ofSeconds(5));
        await().until(() -> run.state() == TaskState.RELEASED);
    }

    @Test
    void aFailureOfTheConnectorItselfSetsNoEventAside() {
        failure = new EventMeshException(ErrorCode.UNAUTHENTICATED, "auth.client-secret: refused");
        TaskRun run = run(Plain::new);
        RecordingMember member = member(0);

        offer(member, "a", "b");

        await().until(() -> run.error().contains("auth.client-secret"));
        assertThat(member.rejected()).isEmpty();
        assertThat(member.isClosed()).isTrue();
    }

    @Test
    void aShortRetryAfterIsWaitedFor() {
        failure = new EventMeshException(ErrorCode.DELIVERY_FAILED, "wait", Duration.ofMillis(1));
        run(Plain::new);
        RecordingMember member = member(0);

        offer(member, "a");

        await().until(() -> member.acked().size() == 1);
        assertThat(member.released()).isEmpty();
    }

    @Test
    void aRestartThatThePluginAsksForOpensItAnew() {
        reject = "restart";
        run(Plain::new);

        offer(member(0), "restart");

        await().until(() -> opened.get() == 2);
        assertThat(member(0).isClosed()).isTrue();
    }

    private TaskRun run(Function<TaskContext, SinkConnector> made) {
        TaskFixture with = new TaskFixture(new Provider(made));
        fixture = with;
        return with.run(mesh);
    }

    private RecordingMember member(int number) {
        await().until(() -> mesh.members().size() > number);
        RecordingMember member = mesh.members().get(number);
        await().until(() -> member.eventCredit() > 0 || member.isClosed());
        return member;
    }

    private static void offer(RecordingMember member, String... texts) {
        for (String text : texts) {
            member.offer(
                    "in",
                    Event.builder()
                            .id(text.substring(0, 1))
                            .source("/s")
                            .type("t")
                            .text(text)
                            .build());
        }
    }

    private class Plain implements SinkConnector {
        private final TaskContext context;

        Plain(TaskContext context) {
            this.context = context;
        }

        @Override
        public void open() {
            opened.incrementAndGet();
        }

        @Override
        public void put(List<SinkRecord> batch) throws Exception {
            Exception now = failure;
            if (now != null) {
                failure = null;
                throw now;
            }
            for (SinkRecord record : batch) {
                assertThat(record.position()).isNotNull();
                String text = new String(record.event().data(), UTF_8);
                if (text.equals("restart")) {
                    context.restart();
                } else if (text.equals(reject)) {
                    context.reject(record, new IllegalArgumentException("cannot be written"));
                }
                put.add(record);
            }
        }

        @Override
        public void flush() throws Exception {}

        @Override
        public void close() {}
    }

    private final class Deferring extends Plain implements DeferringSink {
        private int named;

        Deferring(TaskContext context) {
            super(context);
        }

        @Override
        public Collection<SinkRecord> safe(boolean force) {
            int to = force && obeys ? put.size() : Math.min(safe, put.size());
            if (force) {
                forced.incrementAndGet();
            }
            List<SinkRecord> now = new ArrayList<>(put.subList(Math.min(named, to), to));
            named = Math.max(named, to);
            return now;
        }

        @Override
        public void flush() {}
    }

    private record Provider(Function<TaskContext, SinkConnector> made)
            implements SinkConnectorProvider<ListSink.Config> {
        @Override
        public String name() {
            return "made";
        }

        @Override
        public Class<ListSink.Config> configType() {
            return ListSink.Config.class;
        }

        @Override
        public ListSink.Config defaults() {
            return new ListSink.Config("hello");
        }

        @Override
        public SinkConnector create(ListSink.Config config, TaskContext context) {
            return made.apply(context);
        }
    }
}
