package io.eventmesh.http.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientCredentialsTest {
    private static final ClientCredentials CLIENT = new ClientCredentials(
            "https://idp/token", "my shop", Secret.of("s3:cret+"), ClientCredentials.Style.BASIC, "a b", "");

    private static AccessToken token(int status, String body) {
        return CLIENT.token(status, "7", body.getBytes(UTF_8), Instant.EPOCH);
    }

    @Test
    void theRequestSaysWhoAsksAndForWhat() {
        ClientCredentials.TokenRequest request = CLIENT.request();

        // both are form-encoded before they are joined, RFC 6749, section 2.3.1
        assertThat(request.headers())
                .containsEntry("authorization", ClientCredentials.basic("my+shop", "s3%3Acret%2B"))
                .containsEntry("content-type", "application/x-www-form-urlencoded");
        assertThat(request.body()).isEqualTo("grant_type=client_credentials&scope=a+b");
        assertThat(request.toString() + CLIENT).doesNotContain("s3");
    }

    @ParameterizedTest
    @CsvSource({"3600, 3570", "61, 31", "60, 30", "10, 5", "0, 0", "-5, 0", "99999999, 604770"})
    void aTokenIsNotUsedInItsLastMoments(long expires, long used) {
        AccessToken token = token(200, "{\"access_token\": \"abc\", \"expires_in\": %d}".formatted(expires));

        assertThat(token.value().reveal()).isEqualTo("abc");
        assertThat(token.use()).isEqualTo(Duration.ofSeconds(used));
        assertThat(token.toString()).doesNotContain("abc");
    }

    @Test
    void aTokenThatDoesNotSayHowLongItLivesIsUsedForAnHourAtMost() {
        assertThat(token(200, "{\"access_token\": \"abc\"}").use()).isEqualTo(Duration.ofSeconds(3_570));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|{\"error\":\"invalid_client\"}|UNAUTHENTICATED|client-secret: invalid_client",
                "401|x|UNAUTHENTICATED|client-secret: HTTP status: 401",
                "403|x|UNAUTHENTICATED|client-secret: HTTP status: 403",
                "400|{\"error\":\"unauthorized_client\"}|CONNECTOR_CONFIG_INVALID|client-id: ",
                "400|{\"error\":\"unsupported_grant_type\"}|CONNECTOR_CONFIG_INVALID|client-id: ",
                "400|{\"error\":\"invalid_scope\"}|CONNECTOR_CONFIG_INVALID|scope: ",
                "400|{\"error\":\"<script>\"}|CONNECTOR_CONFIG_INVALID|token-url: HTTP status: 400",
                "302|x|CONNECTOR_CONFIG_INVALID|token-url: ",
                "429|x|DELIVERY_FAILED|token-url: ",
                "408|x|DELIVERY_FAILED|token-url: ",
                "500|x|DELIVERY_FAILED|token-url: ",
                "200|{}|CONNECTOR_CONFIG_INVALID|token-url: ",
                "200|{\"access_token\":\"a b\"}|CONNECTOR_CONFIG_INVALID|token-url: ",
                "200|<html>|CONNECTOR_CONFIG_INVALID|token-url: "
            })
    void aRefusalNamesWhatIsToBlame(int status, String body, ErrorCode code, String begin) {
        assertThatThrownBy(() -> token(status, body)).isInstanceOfSatisfying(EventMeshException.class, refused -> {
            assertThat(refused.code()).isEqualTo(code);
            assertThat(refused.reason()).startsWith(begin).doesNotContain("s3", "<");
        });
    }

    @Test
    void aBusyIssuerSaysWhenToAskAgain() {
        assertThatThrownBy(() -> token(503, ""))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.retryAfter()).isEqualTo(Duration.ofSeconds(7)));
    }
}
