package io.eventmesh.http.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.Secret;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class WebhookSignatureTest {
    private static final Secret SECRET = Secret.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    private static final Secret OLD = Secret.of("whsec_b2xkLXNlY3JldC1vZi10aGUtc2hvcC1hcGk=");
    private static final Instant TIME = Instant.ofEpochSecond(1_614_265_330);
    private static final byte[] BODY = "{\"test\": 2432232314}".getBytes(UTF_8);

    @Test
    void theExampleOfTheSpecificationIsSignedAsItSays() {
        String signature = new WebhookSignature(List.of(SECRET)).of("msg_p5jXN8AQM9LWM0D4loKWxJek", TIME, BODY);

        assertThat(signature).isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void severalSecretsSignSideBySide() {
        String both = new WebhookSignature(List.of(SECRET, OLD)).of("m", TIME, BODY);

        assertThat(both.split(" ", -1))
                .containsExactly(
                        new WebhookSignature(List.of(SECRET)).of("m", TIME, BODY),
                        new WebhookSignature(List.of(OLD)).of("m", TIME, BODY));
        Hmac receiver = new Hmac("HmacSHA256", List.of(StandardSecret.key(OLD)));
        List<byte[]> given = List.of(
                Base64.getDecoder().decode(both.split(" ", -1)[0].substring(3)),
                Base64.getDecoder().decode(both.split(" ", -1)[1].substring(3)));
        assertThat(receiver.matches(given, "m.1614265330.".getBytes(UTF_8), BODY))
                .isTrue();
        assertThat(receiver.matches(given, "m.1614265331.".getBytes(UTF_8), BODY))
                .isFalse();
    }

    @Test
    void whatIsNoSecretIsNone() {
        assertThat(StandardSecret.isSound(SECRET)).isTrue();
        assertThat(StandardSecret.isSound(Secret.of("whsec_"))).isFalse();
        assertThat(StandardSecret.isSound(Secret.of("whsec_!"))).isFalse();
        assertThat(StandardSecret.isSound(Secret.none())).isFalse();
        assertThatThrownBy(() -> new WebhookSignature(List.of(Secret.of("whsec_!"))))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
