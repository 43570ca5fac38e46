package io.eventmesh.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.security.Authenticator.Credentials;
import io.eventmesh.spi.security.Principal;
import org.junit.jupiter.api.Test;

class ClusterAuthenticatorTest {
    private final ClusterAuthenticator authenticator = new ClusterAuthenticator(Secret.of("right"));

    @Test
    void theClusterKeyProvesARuntime() {
        assertThat(authenticator.authenticate(new Credentials("right", "laptop-7f3a", null)))
                .isEqualTo(Principal.runtime("laptop-7f3a"));
    }

    @Test
    void whoeverPresentsNothingIsAnonymous() {
        assertThat(authenticator.authenticate(Credentials.NONE)).isEqualTo(Principal.ANONYMOUS);
    }

    @Test
    void aWrongKeyIsRefusedAndNotRepeated() {
        assertThatThrownBy(() -> authenticator.authenticate(new Credentials("wrong", "laptop-7f3a", null)))
                .hasMessageNotContaining("wrong")
                .extracting(failure -> ((EventMeshException) failure).code())
                .isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThatThrownBy(() -> authenticator.authenticate(new Credentials("", "laptop-7f3a", null)))
                .isInstanceOf(EventMeshException.class);
    }

    @Test
    void aRuntimeSaysWhichOneItIs() {
        assertThatThrownBy(() -> authenticator.authenticate(new Credentials("right", null, null)))
                .hasMessageContaining("eventmesh-runtime: missing");
    }
}
