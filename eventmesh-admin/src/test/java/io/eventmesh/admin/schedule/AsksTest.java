package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class AsksTest {
    private static final Ask ASK = new Ask.Connector("SOURCE", "file", "{}", "t", true);

    private final ManualTime time = new ManualTime();
    private final Asks asks = new Asks(time);

    private static void failsWith(ErrorCode code, CompletableFuture<?> answer) {
        assertThat(answer).isDone();
        assertThatThrownBy(answer::get)
                .satisfies(failure ->
                        assertThat(EventMeshException.of(failure).code()).isEqualTo(code));
    }

    @Test
    void aQuestionIsToldOnceToItsRuntimeAndItsAnswerCompletesIt() {
        CompletableFuture<AskAnswer> answer = asks.ask("r1", ASK);
        List<Directive.Question> first = asks.of("r1");
        List<Directive.Question> others = asks.of("r2");
        asks.sent(first);
        AskAnswer found = new AskAnswer("r1", List.of(new AskAnswer.Check("SCHEMA", "PASS", 3, List.of())), List.of());

        asks.answered(first.get(0).id(), new AskAnswer("r2", List.of(), List.of()));
        asks.answered("another", found);
        boolean early = answer.isDone();
        asks.answered(first.get(0).id(), found);

        assertThat(first).extracting(Directive.Question::ask).containsExactly(ASK);
        assertThat(others).isEmpty();
        assertThat(asks.of("r1")).isEmpty();
        assertThat(early).isFalse();
        assertThat(answer).isCompletedWithValue(found);
        assertThat(time.pendingTimers()).isZero();
    }

    @Test
    void whatWasToldOnAStreamThatBrokeIsToldAgainOnTheNext() {
        asks.ask("r1", ASK);
        List<Directive.Question> first = asks.of("r1");
        asks.sent(first);

        asks.reconnected("r2");
        assertThat(asks.of("r1")).isEmpty();
        asks.reconnected("r1");

        assertThat(asks.of("r1")).isEqualTo(first);
    }

    @Test
    void withoutAnAnswerItFailsAfterTenSecondsAndMakesRoom() {
        CompletableFuture<AskAnswer> answer = asks.ask("r1", ASK);

        time.advance(Duration.ofSeconds(10));

        failsWith(ErrorCode.DEADLINE_EXCEEDED, answer);
        assertThat(asks.of("r1")).isEmpty();
    }

    @Test
    void ofTooManyTheNextIsRefused() {
        for (int i = 0; i < Asks.MAX_OPEN; i++) {
            asks.ask("r1", ASK);
        }

        failsWith(ErrorCode.OVERLOADED, asks.ask("r1", ASK));
        assertThat(asks.of("r1")).hasSize(Asks.MAX_OPEN);
    }

    @Test
    void whoLeadsNoLongerAnswersNothing() {
        CompletableFuture<AskAnswer> answer = asks.ask("r1", ASK);

        asks.failAll(new EventMeshException(ErrorCode.NOT_LEADER, "another"));

        failsWith(ErrorCode.NOT_LEADER, answer);
        assertThat(asks.of("r1")).isEmpty();
    }
}
