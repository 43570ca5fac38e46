package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.Check;
import io.eventmesh.proto.v1.ValidateConnector;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ConnectorQuestionsTest {
    private static final Ask ASK = Ask.newBuilder()
            .setId("q")
            .setValidate(ValidateConnector.newBuilder().setKind("SOURCE").setPlugin("list"))
            .build();

    private final ManualTime time = new ManualTime();
    private final List<AskAnswer> answers = new CopyOnWriteArrayList<>();
    private final CountDownLatch free = new CountDownLatch(1);

    @AfterEach
    void letGo() {
        free.countDown();
    }

    @Test
    void aQuestionIsAnsweredWithTheChecks() {
        Check passed = Check.newBuilder().setName("SCHEMA").setStatus("PASS").build();

        new ConnectorQuestions(ask -> List.of(passed), time).asked(ASK, answers::add);

        await().until(() -> !answers.isEmpty());
        assertThat(answers)
                .singleElement()
                .satisfies(answer -> assertThat(answer.getChecksList()).containsExactly(passed));
    }

    @Test
    void aCheckThatTakesTooLongIsAnsweredForAndInterrupted() {
        CountDownLatch interrupted = new CountDownLatch(1);
        ConnectorQuestions questions = new ConnectorQuestions(
                ask -> {
                    try {
                        assertThat(free.await(1, TimeUnit.MINUTES)).isTrue();
                        return List.of();
                    } catch (InterruptedException asked) {
                        interrupted.countDown();
                        return List.of();
                    }
                },
                time);
        questions.asked(ASK, answers::add);
        assertThat(answers).isEmpty();

        time.advance(Duration.ofSeconds(10));

        assertThat(answers).singleElement().satisfies(answer -> {
            assertThat(answer.getChecks(0).getStatus()).isEqualTo("FAIL");
            assertThat(answer.getChecks(0).getProblems(0).getMessage()).contains("no answer");
        });
        await().until(() -> interrupted.getCount() == 0);
        await().until(() -> questions.running() == 0);
        assertThat(answers).hasSize(1);
    }

    @Test
    void aCheckThatThrowsIsAFailedCheck() {
        new ConnectorQuestions(
                        ask -> {
                            throw new NoClassDefFoundError("no/such/Library");
                        },
                        time)
                .asked(ASK, answers::add);

        await().until(() -> !answers.isEmpty());
        assertThat(answers.get(0).getChecks(0).getProblems(0).getMessage()).contains("no/such/Library");
    }

    @Test
    void ofTooManyQuestionsAtOnceTheLastIsRefused() {
        ConnectorQuestions questions = new ConnectorQuestions(
                ask -> {
                    try {
                        assertThat(free.await(1, TimeUnit.MINUTES)).isTrue();
                        return List.of();
                    } catch (InterruptedException asked) {
                        return List.of();
                    }
                },
                time);
        for (int i = 0; i < 4; i++) {
            questions.asked(ASK, answer -> {});
        }

        questions.asked(ASK, answers::add);

        assertThat(answers)
                .singleElement()
                .satisfies(
                        answer -> assertThat(answer.getChecks(0).getProblems(0).getMessage())
                                .contains("checks at once"));
    }
}
