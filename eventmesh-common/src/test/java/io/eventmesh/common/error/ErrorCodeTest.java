package io.eventmesh.common.error;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class ErrorCodeTest {
    @Test
    void noNumberIsUsedTwiceAndEachLiesInARange() {
        assertThat(Arrays.stream(ErrorCode.values()).map(ErrorCode::number))
                .doesNotHaveDuplicates()
                .allMatch(number -> List.of(1, 2, 3, 5, 9).contains(number / 1_000));
    }

    @Test
    void theNumbersThatClientsKnowStay() {
        assertThat(ErrorCode.EVENT_INVALID.number()).isEqualTo(1001);
        assertThat(ErrorCode.CONFIG_INVALID.number()).isEqualTo(1004);
        assertThat(ErrorCode.NOT_LEADER.number()).isEqualTo(1302);
        assertThat(ErrorCode.OVERLOADED.number()).isEqualTo(2002);
        assertThat(ErrorCode.PORT_IN_USE.number()).isEqualTo(3005);
        assertThat(ErrorCode.PLUGIN_UNKNOWN.number()).isEqualTo(5001);
        assertThat(ErrorCode.DATA_CORRUPT.number()).isEqualTo(9002);
    }

    @Test
    void whatMaySucceedWhenCalledAgainIsRetryable() {
        assertThat(ErrorCode.OVERLOADED.retryable()).isTrue();
        assertThat(ErrorCode.SHUTTING_DOWN.retryable()).isTrue();
        assertThat(ErrorCode.STORAGE_FULL.retryable()).isTrue();
        assertThat(ErrorCode.EVENT_INVALID.retryable()).isFalse();
        assertThat(ErrorCode.VERSION_CONFLICT.retryable()).isFalse();
        assertThat(ErrorCode.DEADLINE_EXCEEDED.retryable()).isFalse();
    }

    @Test
    void everyCodeSaysWhatItMeansInOneSentence() {
        assertThat(ErrorCode.values())
                .allSatisfy(code -> assertThat(code.meaning())
                        .matches("(?s)[A-Z].{10,150}\\.")
                        .doesNotContain("\n"));
    }

    @Test
    void wrappersOfFuturesAreTakenOff() {
        EventMeshException ours = new EventMeshException(ErrorCode.FENCED, "epoch: 1 (expected: 2)");

        assertThat(EventMeshException.of(new CompletionException(new ExecutionException(ours))))
                .isSameAs(ours);
    }

    @Test
    void whatIsNotOursBecomesInternalWithoutItsMessage() {
        EventMeshException wrapped = EventMeshException.of(new IllegalStateException("/home/secret"));

        assertThat(wrapped.code()).isEqualTo(ErrorCode.INTERNAL);
        assertThat(wrapped.reason()).isEqualTo("unexpected IllegalStateException");
        assertThat(wrapped).hasCauseInstanceOf(IllegalStateException.class);
    }

    @Test
    void aRefusedConfigurationListsEveryProblem() {
        ConfigException refusal = new ConfigException("conf/eventmesh.yaml", List.of("a: 1", "b: 2"));

        assertThat(refusal.code()).isEqualTo(ErrorCode.CONFIG_INVALID);
        assertThat(refusal).hasMessage("Configuration refused: 2 problems in conf/eventmesh.yaml\n  a: 1\n  b: 2");
    }
}
