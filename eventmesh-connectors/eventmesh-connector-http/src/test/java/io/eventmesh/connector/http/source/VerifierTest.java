package io.eventmesh.connector.http.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.Secret;
import io.eventmesh.connector.http.source.VerificationConfig.Algorithm;
import io.eventmesh.connector.http.source.VerificationConfig.Encoding;
import io.eventmesh.connector.http.source.VerificationConfig.Preset;
import io.eventmesh.testkit.ManualTime;
import io.vertx.core.MultiMap;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** The examples are those that the senders publish in their documentation. */
class VerifierTest {
    private static final String GITHUB_SECRET = "It's a Secret to Everybody";
    private static final String GITHUB_SIGNATURE =
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    private static final String STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String STANDARD_SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
    private static final String SLACK_BODY =
            "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
                    + "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
                    + "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
                    + "%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    @Test
    void gitHubsExampleIsTaken() {
        Verifier github = verifier(Preset.GITHUB, Instant.EPOCH, GITHUB_SECRET);

        assertThat(github.refusal(request("Hello, World!", "X-Hub-Signature-256", GITHUB_SIGNATURE)))
                .isNull();
    }

    @Test
    void oneByteMoreOrAnotherSecretIsNotGitHub() {
        Verifier github = verifier(Preset.GITHUB, Instant.EPOCH, GITHUB_SECRET);
        Verifier other = verifier(Preset.GITHUB, Instant.EPOCH, "another");

        assertThat(github.refusal(request("Hello, World!\n", "X-Hub-Signature-256", GITHUB_SIGNATURE)))
                .contains("does not match");
        assertThat(other.refusal(request("Hello, World!", "X-Hub-Signature-256", GITHUB_SIGNATURE)))
                .contains("does not match");
    }

    @Test
    void anAbsentOrUnreadableSignatureIsRefused() {
        Verifier github = verifier(Preset.GITHUB, Instant.EPOCH, GITHUB_SECRET);

        assertThat(github.refusal(request("x"))).contains("x-hub-signature-256: absent");
        assertThat(github.refusal(request("x", "X-Hub-Signature-256", "sha1=00")))
                .contains("expected: sha256=");
        assertThat(github.refusal(request("x", "X-Hub-Signature-256", "sha256=zz")))
                .contains("as hex");
    }

    @Test
    void aSecretCanBeReplacedWithoutAGap() {
        Verifier both = verifier(Preset.GITHUB, Instant.EPOCH, "the new one", GITHUB_SECRET);

        assertThat(both.refusal(request("Hello, World!", "X-Hub-Signature-256", GITHUB_SIGNATURE)))
                .isNull();
    }

    @Test
    void theExampleOfStandardWebhooksIsTakenAmongOtherSignatures() {
        Verifier standard = verifier(Preset.STANDARD, Instant.ofEpochSecond(1_614_265_330L), STANDARD_SECRET);

        assertThat(standard.refusal(standard(STANDARD_SIGNATURE))).isNull();
        assertThat(standard.refusal(
                        standard("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc= v2,x " + STANDARD_SIGNATURE)))
                .isNull();
        assertThat(standard.refusal(standard("v1,Ceo5qEr07ixe2NLpvHk3FH9bwy/WavXrAFQ/9tdO6mc=")))
                .contains("no match");
    }

    @Test
    void aRecordedRequestIsRefusedLater() {
        Instant signed = Instant.ofEpochSecond(1_614_265_330L);

        assertThat(verifier(Preset.STANDARD, signed.plusSeconds(300), STANDARD_SECRET)
                        .refusal(standard(STANDARD_SIGNATURE)))
                .isNull();
        assertThat(verifier(Preset.STANDARD, signed.plusSeconds(301), STANDARD_SECRET)
                        .refusal(standard(STANDARD_SIGNATURE)))
                .contains("301 s off");
        assertThat(verifier(Preset.STANDARD, signed.minusSeconds(301), STANDARD_SECRET)
                        .refusal(standard(STANDARD_SIGNATURE)))
                .contains("301 s off");
    }

    @Test
    void slacksExampleIsTaken() {
        Verifier slack =
                verifier(Preset.SLACK, Instant.ofEpochSecond(1_531_420_618L), "8f742231b10e8888abcd99yyyzzz85a5");
        String signature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";

        assertThat(slack.refusal(
                        request(SLACK_BODY, "X-Slack-Request-Timestamp", "1531420618", "X-Slack-Signature", signature)))
                .isNull();
        assertThat(slack.refusal(
                        request(SLACK_BODY, "X-Slack-Request-Timestamp", "1531420619", "X-Slack-Signature", signature)))
                .contains("no match");
    }

    @Test
    void stripesHeaderIsReadWithSeveralSignatures() throws Exception {
        Instant now = Instant.ofEpochSecond(1_492_774_577L);
        Verifier stripe = verifier(Preset.STRIPE, now, "whsec_test");
        String good = HexFormat.of().formatHex(hmac("HmacSHA256", "whsec_test", "1492774577.{\"id\":\"evt_1\"}"));

        assertThat(stripe.refusal(request(
                        "{\"id\":\"evt_1\"}",
                        "Stripe-Signature",
                        "t=1492774577,v1=" + "00".repeat(32) + ",v1=" + good + ",v0=6ffbb59b")))
                .isNull();
        assertThat(stripe.refusal(request("{\"id\":\"evt_1\"}", "Stripe-Signature", "t=1492774578,v1=" + good)))
                .contains("no match");
        assertThat(stripe.refusal(request("{\"id\":\"evt_1\"}", "Stripe-Signature", "v1=" + good)))
                .contains("absent or unreadable");
    }

    @Test
    void aGenericSignatureIsAsConfigured() throws Exception {
        VerificationConfig config = new VerificationConfig(
                Preset.GENERIC,
                List.of(Secret.of("s")),
                "X-Signature",
                Algorithm.SHA512,
                Encoding.BASE64,
                "",
                "",
                Duration.ofMinutes(5));
        Verifier generic = Verifier.of(config, new ManualTime());
        String good = Base64.getEncoder().encodeToString(hmac("HmacSHA512", "s", "body"));

        assertThat(generic.refusal(request("body", "X-Signature", good))).isNull();
        assertThat(generic.refusal(request("Body", "X-Signature", good))).isNotNull();
    }

    @Test
    void usersAndKeysAreCompared() {
        VerificationConfig user = new VerificationConfig(
                Preset.BASIC,
                List.of(Secret.of("p:w")),
                "",
                Algorithm.SHA256,
                Encoding.HEX,
                "",
                "me",
                Duration.ofMinutes(5));
        Verifier basic = Verifier.of(user, new ManualTime());
        Verifier key = verifier(Preset.API_KEY, Instant.EPOCH, "k1", "k2");

        assertThat(basic.refusal(request("", "Authorization", "Basic " + base64("me:p:w"))))
                .isNull();
        assertThat(basic.refusal(request("", "Authorization", "Basic " + base64("me:p"))))
                .isNotNull();
        assertThat(basic.refusal(request("", "Authorization", "Basic ???"))).contains("not Base64");
        assertThat(key.refusal(request("", "X-API-Key", "k2"))).isNull();
        assertThat(key.refusal(request("", "X-API-Key", "k3"))).isNotNull();
        assertThat(key.refusal(request(""))).isNotNull();
    }

    @Test
    void noRefusalHoldsASecret() {
        Stream.of(Preset.values()).forEach(preset -> {
            String refusal = verifier(preset, Instant.EPOCH, "c2VjcmV0").refusal(request("x"));

            assertThat(String.valueOf(refusal)).doesNotContain("c2VjcmV0");
        });
    }

    private static WebhookRequest standard(String signature) {
        return request(
                "{\"test\": 2432232314}",
                "webhook-id",
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                "webhook-timestamp",
                "1614265330",
                "webhook-signature",
                signature);
    }

    private static Verifier verifier(Preset preset, Instant now, String... secrets) {
        VerificationConfig config = new VerificationConfig(
                preset,
                Stream.of(secrets).map(Secret::of).toList(),
                "",
                Algorithm.SHA256,
                Encoding.HEX,
                "",
                "",
                Duration.ofMinutes(5));
        return Verifier.of(config, new ManualTime(now));
    }

    static WebhookRequest request(String body, String... headers) {
        MultiMap map = MultiMap.caseInsensitiveMultiMap();
        for (int i = 0; i < headers.length; i += 2) {
            map.add(headers[i], headers[i + 1]);
        }
        return new WebhookRequest(map, body.getBytes(UTF_8));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }

    private static byte[] hmac(String algorithm, String secret, String message) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(secret.getBytes(UTF_8), algorithm));
        return mac.doFinal(message.getBytes(UTF_8));
    }
}
