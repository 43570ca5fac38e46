package io.eventmesh.protocol.http.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.target.Outcome;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookCredentialsTest {
    private static final String NEW_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String OLD_SECRET = "whsec_b2xkLXNlY3JldC1vZi10aGUtc2hvcC1hcGk=";

    private final Sending sending = new Sending();
    private final Map<String, String> files = new ConcurrentHashMap<>();
    private Endpoint endpoint;
    private TokenServer tokens;

    @BeforeEach
    void listen() throws IOException {
        endpoint = new Endpoint(Endpoint.status(204));
        tokens = new TokenServer(3_600);
    }

    @AfterEach
    void stop() {
        sending.close();
        endpoint.close();
        tokens.close();
    }

    private WebhookSender sender(String credential) {
        return sending.to(endpoint.url(), "'handshake': 'skip'", credential);
    }

    private static Outcome send(WebhookSender sender) {
        return Sending.get(sender.send(Sending.record("1"), 1));
    }

    private String authorization(int request) {
        return endpoint.received().get(request).header("Authorization");
    }

    /** Secrets that stand in files, as they are when they are read. */
    private void secretsInFiles() {
        sending.secrets = text -> {
            if (!text.startsWith("${file:")) {
                return CompletableFuture.completedStage(text);
            }
            String content = files.get(text.substring(7, text.length() - 1));
            return content != null
                    ? CompletableFuture.completedStage(content)
                    : CompletableFuture.failedStage(new EventMeshException(
                            ErrorCode.UNAUTHENTICATED, "credential: %s (expected: a readable file)".formatted(text)));
        };
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "basic|{'username': 'Jürgen', 'password': 'p:w'}|Authorization|Basic SsO8cmdlbjpwOnc=",
                "bearer|{'token': 'abc'}|Authorization|Bearer abc",
                "header|{'name': 'X-API-Key', 'value': 'k 1'}|X-API-Key|k 1"
            })
    void aFixedCredentialStandsInEachRequest(String kind, String spec, String header, String value) {
        sending.credential("shop", 1, kind, spec);

        assertThat(send(sender("shop"))).isEqualTo(new Outcome.Done());

        assertThat(endpoint.received().get(0).header(header)).isEqualTo(value);
    }

    @Test
    void theQuestionForConsentProvesWhoAsksToo() {
        sending.credential("shop", 1, "bearer", "{'token': 'abc'}");
        endpoint.answer(Endpoint.status(200, "WebHook-Allowed-Origin", "*"));

        assertThat(Sending.get(sending.to(endpoint.url(), "", "shop").prepare()))
                .isEqualTo(new Outcome.Done());

        assertThat(endpoint.received().get(0).method()).isEqualTo("OPTIONS");
        assertThat(authorization(0)).isEqualTo("Bearer abc");
    }

    @Test
    void aChangedCredentialHoldsFromTheNextRequestOn() {
        sending.credential("shop", 1, "bearer", "{'token': 'old'}");
        WebhookSender sender = sender("shop");
        send(sender);

        sending.credential("shop", 2, "bearer", "{'token': 'new'}");
        send(sender);

        assertThat(authorization(1)).isEqualTo("Bearer new");
    }

    @Test
    void withoutItsCredentialNothingIsSent() {
        WebhookSender sender = sender("shop");

        Outcome.Again again = (Outcome.Again) send(sender);

        assertThat(again.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(again.reason()).contains("'shop'", "namespace 'default'");
        assertThat(endpoint.received()).isEmpty();
        sending.credential("shop", 1, "bearer", "{'token': 'abc'}");
        assertThat(send(sender)).isEqualTo(new Outcome.Done());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bearer|{'token': 's3cret\\nX-Injected: 1'}|token",
                "bearer|{}|token",
                "bearer|{'token': 7}|token",
                "bearer|s3cret|no JSON",
                "basic|{'username': 'u'}|password",
                "header|{'name': 'Host', 'value': 's3cret'}|name",
                "header|{'name': 'a b', 'value': 's3cret'}|name",
                "header|{'name': 'X', 'value': 's3cret\\r\\n'}|value",
                "oauth2|{'tokenUrl': 'ftp://h/', 'clientId': 'c', 'clientSecret': 's3cret'}|tokenUrl",
                "oauth2|{'tokenUrl': 'http://h/', 'clientSecret': 's3cret'}|clientId",
                "oauth2|{'tokenUrl': 'http://h/', 'clientId': 'c', 'clientSecret': 's3cret', 'style': 'JWT'}|style",
                "signing|{'secret': 's3cret!'}|secret",
                "signing|{'secret': ''}|secret",
                "kerberos|{'ticket': 's3cret'}|kind"
            })
    void aCredentialThatIsNoneIsNamedAndNotShown(String kind, String spec, String named) {
        sending.credential("shop", 1, kind, spec);

        Outcome.Again again = (Outcome.Again) send(sender("shop"));

        assertThat(again.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(again.reason())
                .contains("credential shop", named, "(expected: ")
                .doesNotContain("s3cret");
        assertThat(endpoint.received()).isEmpty();
    }

    @Test
    void aTokenIsFetchedOnceAndUsedUntilShortlyBeforeItExpires() {
        sending.credential("idp", 1, "oauth2", tokens.spec(", 'scope': 'hooks', 'audience': 'https://a'"));
        WebhookSender sender = sender("idp");

        send(sender);
        send(sender);
        sending.time.advance(Duration.ofSeconds(3_565));
        send(sender);
        sending.time.advance(Duration.ofSeconds(6));
        send(sender);

        assertThat(List.of(authorization(0), authorization(1), authorization(2), authorization(3)))
                .containsExactly("Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2");
        Endpoint.Received asked = tokens.endpoint().received().get(0);
        assertThat(asked.method()).isEqualTo("POST");
        assertThat(asked.header("Authorization"))
                .isEqualTo("Basic " + Base64.getEncoder().encodeToString("shop:s3cret".getBytes(UTF_8)));
        assertThat(asked.body().toString())
                .isEqualTo("grant_type=client_credentials&scope=hooks&audience=https%3A%2F%2Fa");
    }

    @Test
    void aClientMayNameItselfInTheForm() {
        sending.credential("idp", 1, "oauth2", tokens.spec(", 'style': 'BODY'"));

        send(sender("idp"));

        Endpoint.Received asked = tokens.endpoint().received().get(0);
        assertThat(asked.header("Authorization")).isNull();
        assertThat(asked.body().toString()).endsWith("&client_id=shop&client_secret=s3cret");
    }

    @Test
    void whoeverWaitsForATokenWaitsForTheSame() {
        sending.credential("idp", 1, "oauth2", tokens.spec(""));
        WebhookSender sender = sender("idp");
        List<CompletionStage<Outcome>> sent = new ArrayList<>();

        for (int i = 0; i < 10; i++) {
            sent.add(sender.send(Sending.record("e" + i), 1));
        }

        assertThat(sent.stream().map(Sending::get)).containsOnly(new Outcome.Done());
        assertThat(tokens.asked()).isEqualTo(1);
    }

    @ParameterizedTest
    @CsvSource({"401", "407"})
    void aRefusedTokenIsRenewedOnceAndTheEventSentAgain(int status) {
        sending.credential("idp", 1, "oauth2", tokens.spec(""));
        endpoint.answer(exchange -> exchange.sendResponseHeaders(
                "Bearer t1".equals(exchange.getRequestHeaders().getFirst("Authorization")) ? status : 204, -1));
        WebhookSender sender = sender("idp");

        assertThat(send(sender)).isEqualTo(new Outcome.Done());
        assertThat(send(sender)).isEqualTo(new Outcome.Done());

        assertThat(endpoint.received()).hasSize(3);
        assertThat(tokens.asked()).isEqualTo(2);
    }

    @Test
    void aDestinationThatRefusesEveryTokenIsAskedTwiceAndNotForEver() {
        sending.credential("idp", 1, "oauth2", tokens.spec(""));
        endpoint.answer(Endpoint.status(401));

        assertThat(send(sender("idp"))).isInstanceOf(Outcome.Never.class);

        assertThat(endpoint.received()).hasSize(2);
        assertThat(tokens.asked()).isEqualTo(2);
    }

    @Test
    void anIssuerThatFailsIsNotAskedForEachEventAndNoEventDiesOfIt() {
        sending.credential("idp", 1, "oauth2", tokens.spec(""));
        tokens.endpoint().answer(Endpoint.status(503, "Retry-After", "20"));
        WebhookSender sender = sender("idp");

        Outcome.Again first = (Outcome.Again) send(sender);
        send(sender);
        send(sender);

        assertThat(first.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(first.reason()).contains("token-url", "503").doesNotContain("s3cret", "secret");
        assertThat(first.delay()).isEqualTo(Duration.ofSeconds(20));
        assertThat(tokens.asked()).isEqualTo(1);
        sending.time.advance(Duration.ofSeconds(21));
        send(sender);
        assertThat(tokens.asked()).isEqualTo(2);
        assertThat(endpoint.received()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "400|{\"error\": \"invalid_client\"}|client-secret",
                "400|{\"error\": \"invalid_scope\"}|scope",
                "200|{\"token\": \"s3cret\"}|access_token",
                "200|s3cret|access_token",
                "302||token-url"
            })
    void anIssuersRefusalNamesWhatIsToBlame(int status, String body, String named) {
        sending.credential("idp", 1, "oauth2", tokens.spec(""));
        byte[] bytes = body == null ? new byte[0] : body.getBytes(UTF_8);
        tokens.endpoint().answer(exchange -> {
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        });

        Outcome.Again again = (Outcome.Again) send(sender("idp"));

        assertThat(again.code()).isEqualTo(ErrorCode.UNAUTHENTICATED);
        assertThat(again.reason()).contains(named).doesNotContain("s3cret");
    }

    @Test
    void anIssuerThatHangsHoldsAnEventNoLongerThanItsTimeout() {
        CountDownLatch over = new CountDownLatch(1);
        tokens.endpoint().answer(exchange -> {
            try {
                over.await(10, TimeUnit.SECONDS);
            } catch (InterruptedException stopped) {
                Thread.currentThread().interrupt();
            }
        });
        sending.terms = sending.terms.withTimeout(Duration.ofMillis(200));
        sending.credential("idp", 1, "oauth2", tokens.spec(""));

        assertThat(((Outcome.Again) send(sender("idp"))).reason()).contains("no answer within 200 ms");
        over.countDown();
    }

    @Test
    void aSecretThatIsReplacedIsReadAgainWhenTheOldOneIsRefused() {
        secretsInFiles();
        files.put("/run/secrets/hook", "old");
        sending.credential("shop", 1, "bearer", "{'token': '${file:/run/secrets/hook}'}");
        endpoint.answer(exchange -> exchange.sendResponseHeaders(
                ("Bearer " + files.get("/run/secrets/hook"))
                                .equals(exchange.getRequestHeaders().getFirst("Authorization"))
                        ? 204
                        : 401,
                -1));
        WebhookSender sender = sender("shop");
        assertThat(send(sender)).isEqualTo(new Outcome.Done());

        files.put("/run/secrets/hook", "new");

        assertThat(send(sender)).isEqualTo(new Outcome.Done());
        assertThat(authorization(1)).isEqualTo("Bearer old");
        assertThat(authorization(2)).isEqualTo("Bearer new");
    }

    @Test
    void whatIsTheSameAsBeforeIsNotSentTwice() {
        secretsInFiles();
        files.put("/run/secrets/hook", "old");
        sending.credential("shop", 1, "bearer", "{'token': '${file:/run/secrets/hook}'}");
        endpoint.answer(Endpoint.status(401));

        assertThat(send(sender("shop"))).isInstanceOf(Outcome.Never.class);

        assertThat(endpoint.received()).hasSize(1);
    }

    @Test
    void aSecretIsReadAgainAfterAWhileAndKeptWhenItCannotBe() {
        secretsInFiles();
        files.put("/run/secrets/hook", "old");
        sending.credential("shop", 1, "bearer", "{'token': '${file:/run/secrets/hook}'}");
        WebhookSender sender = sender("shop");
        send(sender);
        files.put("/run/secrets/hook", "new");

        sending.time.advance(Duration.ofSeconds(11));
        send(sender);
        send(sender);
        files.clear();
        sending.time.advance(Duration.ofSeconds(11));
        send(sender);
        send(sender);

        assertThat(authorization(2)).isEqualTo("Bearer new");
        assertThat(authorization(4)).isEqualTo("Bearer new");
    }

    @Test
    void aReferenceThatLeadsNowhereIsNamed() {
        secretsInFiles();
        sending.credential("shop", 1, "bearer", "{'token': '${file:/run/secrets/none}'}");

        assertThat(((Outcome.Again) send(sender("shop"))).reason()).contains("${file:/run/secrets/none}");
        assertThat(endpoint.received()).isEmpty();
    }

    private static String signed(String secret, Endpoint.Received got) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring(6)), "HmacSHA256"));
            mac.update((got.header("webhook-id") + "." + got.header("webhook-timestamp") + ".").getBytes(UTF_8));
            return "v1,"
                    + Base64.getEncoder().encodeToString(mac.doFinal(got.body().getBytes()));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Test
    void eachAttemptIsSignedAnewUnderBothSecretsWhileTheyChange() {
        sending.credential("key", 1, "signing", "{'secret': '%s', 'previous': '%s'}".formatted(NEW_SECRET, OLD_SECRET));
        WebhookSender sender = sender("key");

        send(sender);
        sending.time.advance(Duration.ofSeconds(60));
        Sending.get(sender.send(Sending.record("1"), 2));
        Sending.get(sender.send(Sending.record("2"), 1));

        Endpoint.Received first = endpoint.received().get(0);
        Endpoint.Received second = endpoint.received().get(1);
        assertThat(first.header("webhook-signature"))
                .isEqualTo(signed(NEW_SECRET, first) + " " + signed(OLD_SECRET, first));
        assertThat(second.header("webhook-signature"))
                .isEqualTo(signed(NEW_SECRET, second) + " " + signed(OLD_SECRET, second));
        assertThat(second.header("webhook-id"))
                .as("the same event has the same name")
                .isEqualTo(first.header("webhook-id"))
                .isNotEqualTo(endpoint.received().get(2).header("webhook-id"));
        assertThat(Long.parseLong(second.header("webhook-timestamp")))
                .isEqualTo(Long.parseLong(first.header("webhook-timestamp")) + 60);
    }

    @Test
    void aTargetMaySignAndHaveATokenToo() {
        sending.credential("shop", 1, "bearer", "{'token': 'abc'}");
        sending.credential("key", 1, "signing", "{'secret': '%s'}".formatted(NEW_SECRET));

        send(sending.to(endpoint.url(), "'handshake': 'skip', 'signing': 'key', 'format': 'structured'", "shop"));

        assertThat(authorization(0)).isEqualTo("Bearer abc");
        assertThat(endpoint.received().get(0).header("webhook-signature"))
                .isEqualTo(signed(NEW_SECRET, endpoint.received().get(0)));
    }

    @Test
    void theProviderSaysWhatATargetMayHave() {
        WebhookTargetProvider provider = new WebhookTargetProvider();

        assertThat(provider.credentialKinds())
                .containsExactlyInAnyOrder("basic", "bearer", "header", "oauth2", "signing");
        assertThat(provider.credentials("{\"url\": \"http://h/\", \"signing\": \"key\"}"))
                .containsExactly("key");
        assertThat(provider.credentials("{\"url\": \"http://h/\"}")).isEmpty();
        assertThat(provider.batches("{\"url\": \"http://h/\", \"format\": \"batch\"}"))
                .isTrue();
        assertThat(provider.batches("{\"url\": \"http://h/\"}")).isFalse();
    }
}
