package io.eventmesh.tests.rules;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.event.Event;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Targets that want to know who sends, over every process and protocol on the way; and where their secrets are not seen. */
@Timeout(120)
class SecretTargetsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(40);
    /** In every secret, so that it can be looked for everywhere. */
    private static final String CANARY = "canary4711";

    private static final String KEY = "whsec_" + base64("canary4711-key-of-the-shop-now");
    private static final String NEXT_KEY = "whsec_" + base64("canary4711-key-of-the-shop-next");

    /** One request as it came. */
    private record Request(String method, Headers headers, String body) {
        String header(String name) {
            String value = headers.getFirst(name);
            return value == null ? "" : value;
        }
    }

    @TempDir
    Path directory;

    private final List<Request> signed = new CopyOnWriteArrayList<>();
    private final List<Request> refused = new CopyOnWriteArrayList<>();
    private final List<Request> granted = new CopyOnWriteArrayList<>();
    private HttpServer sites;
    private Installation installation;
    private MeshProcess mesh;
    private Rest admin;

    @BeforeEach
    void start() throws IOException {
        sites = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        sites.createContext("/signed", exchange -> {
            exchange.getResponseHeaders().set("WebHook-Allowed-Origin", "*");
            boolean known = exchange.getRequestMethod().equals("OPTIONS")
                    || ("Bearer " + CANARY + "-token-2")
                            .equals(exchange.getRequestHeaders().getFirst("Authorization"));
            answer(exchange, signed, known ? 204 : 401, "");
        });
        sites.createContext("/refusing", exchange -> answer(exchange, refused, 400, CANARY + " is what I say"));
        sites.createContext(
                "/token",
                exchange -> answer(
                        exchange,
                        granted,
                        200,
                        "{\"access_token\": \"%s-token-%d\"}".formatted(CANARY, granted.size() + 1)));
        sites.start();
        installation = new Installation(directory);
        mesh = installation.startStandalone(Map.of("EVENTMESH_SECRET_HOOK", CANARY + "-env"));
        admin = new Rest(mesh.adminUrl());
    }

    @AfterEach
    void stop() {
        installation.close();
        sites.stop(0);
    }

    private static void answer(HttpExchange exchange, List<Request> requests, int status, String body)
            throws IOException {
        try (exchange) {
            Headers headers = new Headers();
            headers.putAll(exchange.getRequestHeaders());
            String content = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            requests.add(new Request(exchange.getRequestMethod(), headers, content));
            byte[] bytes = body.getBytes(UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private String site(String path) {
        return "http://127.0.0.1:" + sites.getAddress().getPort() + path;
    }

    private void credential(String name, String spec) {
        admin.put("/api/v1/credentials/" + name, "{\"spec\": %s}".formatted(spec));
    }

    @Test
    void targetsKnowWhoSendsAndNobodyElseSeesASecret() {
        credential(
                "idp",
                "{\"kind\": \"oauth2\", \"tokenUrl\": \"%s\", \"clientId\": \"shop\", \"clientSecret\": \"%s\"}"
                        .formatted(site("/token"), CANARY + "-client"));
        credential("key", "{\"kind\": \"signing\", \"secret\": \"%s\"}".formatted(KEY));
        credential("hook", "{\"kind\": \"bearer\", \"token\": \"${env:EVENTMESH_SECRET_HOOK}\"}");
        admin.put("/api/v1/rules/guarded", """
                {"spec": {"patterns": ["orders/>"], "targets": [
                   {"name": "signed", "kind": "webhook", "credential": "idp",
                    "spec": {"url": "%s", "signing": "key", "format": "batch"},
                    "delivery": {"batch": {"events": 10, "delay": "PT0.1S"}}},
                   {"name": "refusing", "kind": "webhook", "credential": "hook",
                    "spec": {"url": "%s", "handshake": "skip", "query": {"token": "%s"}}}]}}""".formatted(site("/signed"), site("/refusing"), CANARY + "-query"));
        try (EventMesh client = EventMesh.builder()
                .seeds("grpc://" + mesh.printed("gRPC:\\s+(\\S+)"))
                .build()) {
            // the first token is refused, so that another is fetched
            publish(client, 0, 20);
            await("signed")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(taken()).contains("\"o-0\"", "\"o-19\""));
            assertThat(granted).hasSize(2);
            assertThat(signed.get(0).method()).as("consent was asked").isEqualTo("OPTIONS");
            assertThat(deliveries())
                    .allSatisfy(
                            each -> assertThat(each.header("webhook-signature")).isEqualTo(signature(KEY, each)));

            credential(
                    "key",
                    "{\"kind\": \"signing\", \"secret\": \"%s\", \"previous\": \"%s\"}".formatted(NEXT_KEY, KEY));
            await("signed under both").atMost(PATIENCE).untilAsserted(() -> {
                publish(client, 20, 21);
                Request newest = deliveries().get(deliveries().size() - 1);
                assertThat(newest.header("webhook-signature"))
                        .isEqualTo(signature(NEXT_KEY, newest) + " " + signature(KEY, newest));
            });
            await("refused").atMost(PATIENCE).until(() -> refused.size() >= 20);
            assertThat(refused)
                    .allSatisfy(
                            each -> assertThat(each.header("Authorization")).isEqualTo("Bearer " + CANARY + "-env"));
        }
        noSecretIsSeen();
    }

    private void publish(EventMesh client, int from, int to) {
        for (int i = from; i < to; i++) {
            Event order = Event.builder()
                    .id("o-" + i)
                    .source("/shop")
                    .type("order.created")
                    .text("order")
                    .build();
            client.publish("orders/eu", order).orTimeout(30, TimeUnit.SECONDS).join();
        }
    }

    private List<Request> deliveries() {
        return signed.stream()
                .filter(each -> each.method().equals("POST"))
                .filter(each -> each.header("Authorization").endsWith("-2"))
                .toList();
    }

    private String taken() {
        return deliveries().stream().map(Request::body).toList().toString();
    }

    private void noSecretIsSeen() {
        String letters = "/api/v1/dlq/_dl%2Fdefault%2Frule%2Fguarded%2Frefusing/events?limit=100";
        await("in the dead letter")
                .atMost(PATIENCE)
                .until(() -> admin.get(letters).path("items").size() >= 20);
        String ops = admin.get("/api/v1/runtimes").findValue("ops").asText();
        String metrics = new Rest(ops).call("GET", "/metrics", null).body().asText();
        assertThat(metrics).contains("eventmesh_");
        for (String seen : List.of(
                mesh.out(),
                mesh.err(),
                metrics,
                admin.get(letters).toString(),
                admin.get("/api/v1/credentials").toString(),
                admin.get("/api/v1/credentials/key/revisions").toString(),
                admin.get("/api/v1/audit?limit=100").toString())) {
            assertThat(seen)
                    .doesNotContain(CANARY)
                    .doesNotContain(KEY.substring(6))
                    .doesNotContain(NEXT_KEY.substring(6));
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(Arrays.copyOf(text.getBytes(UTF_8), 30));
    }

    private static String signature(String secret, Request request) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(Base64.getDecoder().decode(secret.substring(6)), "HmacSHA256"));
            mac.update(
                    (request.header("webhook-id") + "." + request.header("webhook-timestamp") + ".").getBytes(UTF_8));
            return "v1,"
                    + Base64.getEncoder()
                            .encodeToString(mac.doFinal(request.body().getBytes(UTF_8)));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
