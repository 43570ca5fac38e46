package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProblemsTest {
    @ParameterizedTest
    @EnumSource(ErrorCode.class)
    void everyCodeHasAnErrorStatusAndNamesItself(ErrorCode code) {
        Answer answer = Problems.of(new EventMeshException(code, "x: 1 (expected: 2)"), "/p", "r1");

        assertThat(answer.status()).isBetween(400, 599);
        assertThat(answer.body())
                .contains("\"code\":" + code.number())
                .contains("\"name\":\"" + code.name() + "\"")
                .contains("\"status\":" + answer.status());
        assertThat(answer.status() >= 500)
                .as("a caller's mistake is no failure of the server")
                .isEqualTo(isOfTheServer(code));
    }

    private static boolean isOfTheServer(ErrorCode code) {
        boolean load = code.number() >= 2002 && code.number() < 5000 && code != ErrorCode.QUOTA_EXCEEDED;
        boolean ours = code.number() >= 9000;
        return load || ours || code == ErrorCode.CONFIG_INVALID || code == ErrorCode.NOT_SUPPORTED;
    }
}
