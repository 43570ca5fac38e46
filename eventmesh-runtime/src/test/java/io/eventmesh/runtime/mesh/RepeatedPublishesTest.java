package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.storage.Faults;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a task's next owner publishes again is recognised, and nothing else is. */
class RepeatedPublishesTest {
    private static final TopicName TOPIC = TopicName.of("orders/new");

    private final MeshFixture fixture = new MeshFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    private static CallContext right(String task, long epoch) {
        return new CallContext(
                RUNTIME.principal(), RUNTIME.namespace(), "connector", 1, 0, null, new TaskFence(task, 1, epoch));
    }

    private CompletionStage<Position> send(long epoch, String id) {
        return fixture.mesh.publish(right("t1", epoch), new Outgoing(TOPIC, event(id, "k")));
    }

    private List<Position> sent(long epoch, String... ids) {
        return List.of(ids).stream().map(id -> now(send(epoch, id))).toList();
    }

    private long stored() {
        return fixture.storage.stream(new StreamName("default", "orders"))
                .orElseThrow()
                .events();
    }

    private double repeated() {
        return fixture.meters
                .get("eventmesh.publish.events")
                .tag("protocol", "connector")
                .tag("result", "repeated")
                .counter()
                .count();
    }

    @Test
    void whatTheNextOwnerPublishesAgainIsAnsweredWithWhereItStands() {
        List<Position> before = sent(1, "1", "2", "3");

        List<Position> again = sent(2, "2", "3", "4");

        assertThat(again.subList(0, 2)).isEqualTo(before.subList(1, 3));
        assertThat(stored()).isEqualTo(4);
        assertThat(repeated()).isEqualTo(2);
        assertThat(sent(3, "4")).isEqualTo(again.subList(2, 3));
    }

    @Test
    void aBatchIsAnsweredInItsOrder() {
        List<Position> before = sent(1, "1", "2");

        List<CompletionStage<Position>> again = fixture.mesh.publish(
                right("t1", 2),
                List.of(
                        new Outgoing(TOPIC, event("1", "k")),
                        new Outgoing(TopicName.of("_dl/x"), event("bad", "k").with(java.util.Map.of("time", "x"))),
                        new Outgoing(TOPIC, event("2", "k")),
                        new Outgoing(TOPIC, event("3", "k")),
                        new Outgoing(TOPIC, event("1", "k"))));

        assertThat(now(again.get(0))).isEqualTo(before.get(0));
        refused(again.get(1), ErrorCode.EVENT_INVALID);
        assertThat(now(again.get(2))).isEqualTo(before.get(1));
        assertThat(now(again.get(3)).offset()).isEqualTo(2);
        assertThat(now(again.get(4)).offset()).isEqualTo(3);
    }

    @Test
    void whatTheSameRightSendsTwiceIsStoredTwice() {
        sent(1, "1", "2", "1");

        assertThat(stored()).isEqualTo(3);
        assertThat(repeated()).isZero();
    }

    @Test
    void behindSomethingUnknownEverythingIsStored() {
        sent(1, "2");

        sent(2, "1", "2");

        assertThat(stored()).isEqualTo(3);
    }

    @Test
    void whatWasStoredOutOfTurnIsStoredAgain() {
        sent(1, "2", "1");

        sent(2, "1", "2");

        // the last one stored is the last one of the source
        assertThat(stored()).isEqualTo(3);
    }

    @Test
    void aRightThatIsNotTheNextOneRepeatsNothing() {
        sent(1, "1");

        sent(3, "1");

        assertThat(stored()).isEqualTo(2);
    }

    @Test
    void othersMayPublishTheSameId() {
        sent(1, "1");

        now(fixture.mesh.publish(right("t2", 2), new Outgoing(TOPIC, event("1", "k"))));
        fixture.publish("orders/new", event("1", "k"));
        fixture.publish("orders/new", event("1", "k"));

        assertThat(stored()).isEqualTo(4);
    }

    @Test
    void anotherTopicIsAnotherEvent() {
        sent(1, "1");

        now(fixture.mesh.publish(right("t1", 2), new Outgoing(TopicName.of("orders/old"), event("1", "k"))));

        assertThat(stored()).isEqualTo(2);
    }

    @Test
    void whatWasNotStoredIsForgotten() {
        sent(1, "1");
        fixture.storage.faults().fail(Faults.Operation.APPEND, 1, ErrorCode.STORAGE_UNAVAILABLE);
        refused(send(1, "2"), ErrorCode.STORAGE_UNAVAILABLE);

        sent(2, "1", "2");

        assertThat(stored()).isEqualTo(2);
        assertThat(repeated()).isOne();
    }

    @Test
    void whatIsStillBeingStoredIsWaitedFor() {
        sent(1, "1");
        fixture.storage.faults().delayAll(Faults.Operation.APPEND);
        CompletableFuture<Position> first = send(1, "2").toCompletableFuture();

        CompletableFuture<Position> second = send(2, "2").toCompletableFuture();

        assertThat(second).isNotDone();
        fixture.storage.faults().release();
        assertThat(now(second)).isEqualTo(now(first));
        assertThat(stored()).isEqualTo(2);
    }

    @Test
    void theNumberOfTasksIsBounded() {
        RepeatedPublishes repeated = new RepeatedPublishes();
        Position position = new Position(new StreamPartition(new StreamName("default", "orders"), 0), 5);

        for (int task = 0; task < 150; task++) {
            repeated.look(new TaskFence("t" + task, 1, 1), TOPIC, event("1"))
                    .storing(CompletableFuture.completedStage(position));
        }

        assertThat(repeated.tasks()).isEqualTo(100);
        assertThat(repeated.look(new TaskFence("t149", 1, 2), TOPIC, event("1")).before())
                .isNotNull()
                .satisfies(before -> assertThat(now(before)).isEqualTo(position));
        assertThat(repeated.look(new TaskFence("t49", 1, 2), TOPIC, event("1")).before())
                .isNull();
    }

    @Test
    void manyTasksAtOnceDoNotMixUpTheirEvents() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<Boolean>> all = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                String task = "task" + i;
                all.add(threads.submit(() -> publishTwice(task)));
            }
            for (Future<Boolean> each : all) {
                assertThat(each.get(20, TimeUnit.SECONDS)).isTrue();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(stored()).isEqualTo(8 * 500L);
        assertThat(repeated()).isEqualTo(8 * 500.0);
    }

    private boolean publishTwice(String task) {
        List<Position> first = new ArrayList<>();
        List<Position> second = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            first.add(now(fixture.mesh.publish(right(task, 1), new Outgoing(TOPIC, event(task + i, task)))));
        }
        for (int i = 0; i < 500; i++) {
            second.add(now(fixture.mesh.publish(right(task, 2), new Outgoing(TOPIC, event(task + i, task)))));
        }
        return first.equals(second);
    }
}
