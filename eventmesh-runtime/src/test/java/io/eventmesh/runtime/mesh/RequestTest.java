package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import io.eventmesh.testkit.storage.Faults;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@NullUnmarked // a missing attribute fails the test by itself
class RequestTest {
    private static final Duration PATIENCE = Duration.ofSeconds(4);

    private final MeshFixture fixture = new MeshFixture();
    private final RecordingReceiver service = new RecordingReceiver();

    @AfterEach
    void close() {
        fixture.close();
    }

    private CompletionStage<Event> request(String id) {
        return fixture.mesh.request(CALLER, new Outgoing(TopicName.of("ask"), event(id)), PATIENCE);
    }

    private String replyTo(int number) {
        return service.deliveries().get(number).record().event().attribute(ReservedAttributes.REPLY_TO);
    }

    private double pending() {
        return fixture.meters.get("eventmesh.requests.pending").gauge().value();
    }

    @Test
    void theFirstReplyAnswersTheRequestAndIsNotStored() {
        fixture.subscribe("g", "ask", service);
        CompletionStage<Event> answer = request("1");
        assertThat(pending()).isOne();

        now(fixture.mesh.reply(CALLER, replyTo(0), event("answer")));

        assertThat(now(answer).id()).isEqualTo("answer");
        assertThat(pending()).isZero();
        assertThat(now(fixture.mesh.streams())).singleElement().satisfies(stream -> {
            assertThat(stream.name().name()).isEqualTo("ask");
            assertThat(stream.events()).isOne();
        });
        refused(fixture.mesh.reply(CALLER, replyTo(0), event("second")), ErrorCode.NOT_FOUND);
    }

    @Test
    void theRequestIsTheEventAsItWasWithOneAttributeMore() {
        fixture.subscribe("g", "ask", service);
        Event asked = event("1", "key");
        fixture.mesh.request(CALLER, new Outgoing(TopicName.of("ask"), asked), PATIENCE);

        Event delivered = service.deliveries().get(0).record().event();

        assertThat(delivered.toByteArray()).startsWith(asked.toByteArray());
        assertThat(delivered.without(Set.of(ReservedAttributes.REPLY_TO)).toByteArray())
                .isEqualTo(asked.toByteArray());
        assertThat(replyTo(0)).matches("r1/[0-9a-f]{32}");
        assertThat(service.deliveries().get(0).record().key()).isEqualTo("key");
    }

    @Test
    void correlationsAreNeverTheSame() {
        fixture.subscribe("g", "ask", service);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            request("" + i);
            seen.add(replyTo(i));
        }
        assertThat(seen).hasSize(100);
    }

    @Test
    void noReplyInTimeIsADeadlineAndTheLateOneFindsNobody() {
        fixture.subscribe("g", "ask", service);
        CompletionStage<Event> answer = request("1");
        fixture.time.advance(PATIENCE.minusMillis(1));
        assertThat(answer.toCompletableFuture()).isNotDone();

        fixture.time.advance(Duration.ofMillis(1));

        refused(answer, ErrorCode.DEADLINE_EXCEEDED);
        assertThat(pending()).isZero();
        refused(fixture.mesh.reply(CALLER, replyTo(0), event("late")), ErrorCode.NOT_FOUND);
    }

    @Test
    void aRequestThatCannotBeStoredFailsAtOnce() {
        fixture.publish("ask", event("0"));
        fixture.storage.faults().fail(Faults.Operation.APPEND, 1, ErrorCode.STORAGE_FULL);

        refused(request("1"), ErrorCode.STORAGE_FULL);

        assertThat(pending()).isZero();
        refused(
                fixture.mesh.request(
                        CALLER,
                        new Outgoing(TopicName.of("ask"), event("1").with(Map.of("meshreplyto", "x"))),
                        PATIENCE),
                ErrorCode.EVENT_INVALID);
        assertThat(pending()).isZero();
    }

    @Test
    void aWrongTimeoutOrADelayIsRefused() {
        Outgoing outgoing = new Outgoing(TopicName.of("ask"), event("1"));
        for (Duration wrong : new Duration[] {Duration.ZERO, Duration.ofSeconds(-1), Duration.ofMinutes(6)}) {
            refused(fixture.mesh.request(CALLER, outgoing, wrong), ErrorCode.REQUEST_INVALID);
        }
        refused(fixture.mesh.request(CALLER, outgoing.notBefore(1), PATIENCE), ErrorCode.REQUEST_INVALID);
        assertThat(now(fixture.mesh.streams())).isEmpty();
    }

    @Test
    void moreThanTheBoundIsOverloadedUntilOneIsAnswered() {
        try (MeshFixture narrow = new MeshFixture(MeshSettings.defaults("r1").withMaxRequests(2))) {
            Outgoing outgoing = new Outgoing(TopicName.of("ask"), event("1"));
            narrow.subscribe("g", "ask", service);
            CompletionStage<Event> first = narrow.mesh.request(CALLER, outgoing, PATIENCE);
            narrow.mesh.request(CALLER, outgoing, PATIENCE);
            refused(narrow.mesh.request(CALLER, outgoing, PATIENCE), ErrorCode.OVERLOADED);

            now(narrow.mesh.reply(CALLER, replyTo(0), event("answer")));
            now(first);

            assertThat(narrow.mesh.request(CALLER, outgoing, PATIENCE).toCompletableFuture())
                    .isNotDone();
        }
    }

    @Test
    void whoeverWaitsNoMoreGivesUpItsPlace() {
        CompletionStage<Event> answer = request("1");

        answer.toCompletableFuture().cancel(true);

        assertThat(pending()).isZero();
    }

    @Test
    void aReplyIsCheckedLikeAPublishAndBringsNothingOfTheMeshsOwn() {
        fixture.subscribe("g", "ask", service);
        CompletionStage<Event> answer = request("1");
        refused(
                fixture.mesh.reply(
                        CALLER, replyTo(0), Event.builder().id("x").source("/s").build()),
                ErrorCode.EVENT_INVALID);
        Event large = Event.builder()
                .id("x")
                .source("/s")
                .type("t")
                .data(new byte[1 << 20])
                .build();
        refused(fixture.mesh.reply(CALLER, replyTo(0), large), ErrorCode.EVENT_TOO_LARGE);
        assertThat(answer.toCompletableFuture()).isNotDone();

        now(fixture.mesh.reply(CALLER, replyTo(0), event("good").with(Map.of("meshreplyto", "r1/0", "own", "v"))));

        assertThat(now(answer).attributeNames()).containsExactly("own");
    }

    @Test
    void whatIsNoAddressIsInvalidAndAnotherRuntimesIsNotFoundNamingIt() {
        for (String wrong : new String[] {"", "r1", "r1/", "r1/xyz", "r1/" + "0".repeat(31), "/" + "0".repeat(32)}) {
            refused(fixture.mesh.reply(CALLER, wrong, event("1")), ErrorCode.REQUEST_INVALID);
        }
        assertThat(refused(fixture.mesh.reply(CALLER, "r9/" + "0".repeat(32), event("1")), ErrorCode.NOT_FOUND)
                        .reason())
                .contains("r9");
    }

    @Test
    void whoeverWaitsGetsItsReplyWhileTheRuntimeDrains() {
        now(fixture.mesh.subscribe(CALLER, terms("g", "ask"), service)).request(10, 1 << 20);
        CompletionStage<Event> answer = request("1");

        CompletionStage<Void> drained = fixture.mesh.drain();

        refused(request("2"), ErrorCode.SHUTTING_DOWN);
        assertThat(answer.toCompletableFuture()).isNotDone();
        assertThat(drained.toCompletableFuture()).isNotDone();
        now(fixture.mesh.reply(CALLER, replyTo(0), event("good")));
        assertThat(now(answer).id()).isEqualTo("good");
        assertThat(pending()).isZero();
    }

    @Test
    void whoeverWaitsTooLongForARuntimeThatDrainsIsSentElsewhere() {
        CompletionStage<Event> answer =
                fixture.mesh.request(CALLER, new Outgoing(TopicName.of("ask"), event("1")), Duration.ofMinutes(1));
        CompletionStage<Void> drained = fixture.mesh.drain();

        fixture.time.advance(Duration.ofSeconds(6));

        refused(answer, ErrorCode.SHUTTING_DOWN);
        assertThat(drained.toCompletableFuture()).isDone();
        assertThat(pending()).isZero();
    }
}
