package io.eventmesh.runtime.connector;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.testkit.connector.BadBehaviour.WordlessException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class FailureTextTest {
    @Test
    void aRefusalIsItsCodeAndItsReason() {
        FailureText text = FailureText.of(new EventMeshException(ErrorCode.CONNECTOR_CONFIG_INVALID, "url: missing"));

        assertThat(text.kind()).isEqualTo("CONNECTOR_CONFIG_INVALID");
        assertThat(text.text()).isEqualTo("url: missing");
    }

    @Test
    void aStackHasItsCauses() {
        FailureText text = FailureText.of(new IllegalStateException("outer", new IOException("inner")));

        assertThat(text.kind()).isEqualTo("IllegalStateException");
        assertThat(text.stack())
                .startsWith("java.lang.IllegalStateException: outer\n\tat ")
                .contains("Caused by: java.io.IOException: inner")
                .contains("FailureTextTest");
    }

    @Test
    void aFailureThatCannotBePutIntoWordsIsNamed() {
        FailureText text = FailureText.of(new WordlessException());

        assertThat(text.text()).contains("WordlessException").contains("cannot be read");
        assertThat(text.stack()).contains("WordlessException");
    }

    @Test
    void aCauseThatLeadsBackToItselfEnds() {
        IllegalStateException one = new IllegalStateException("one");
        one.initCause(new IOException("two", one));

        assertThat(FailureText.of(one).stack()).contains("two");
    }

    @Test
    void longTextsAreCutBetweenCharacters() {
        FailureText text = FailureText.of(new EventMeshException(ErrorCode.INTERNAL, "x".repeat(1_023) + "😀😀"));

        assertThat(text.text()).hasSize(1_023);
        assertThat(FailureText.of(deep(2_000)).stack().length()).isLessThanOrEqualTo(8_000);
    }

    private static Throwable deep(int frames) {
        return frames == 0 ? new IllegalStateException("y".repeat(20_000)) : deep(frames - 1);
    }
}
