package io.eventmesh.connector.http.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.Binder;
import io.eventmesh.common.config.Bound;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WebhookEventsTest {
    @Test
    void anythingBecomesTheDataOfAnEvent() {
        Event event =
                one(events(Map.of("port", 0)), VerifierTest.request("{\"a\":1}", "Content-Type", "application/json"));

        assertThat(event.source()).isEqualTo("/connectors/default/hook");
        assertThat(event.type()).isEqualTo("http.webhook");
        assertThat(event.dataContentType()).isEqualTo("application/json");
        assertThat(new String(event.data(), UTF_8)).isEqualTo("{\"a\":1}");
    }

    @Test
    void twoEqualBodiesAreTwoEventsUnlessTheirSenderSaysOtherwise() {
        WebhookEvents events = events(Map.of("port", 0));
        WebhookRequest plain = VerifierTest.request("pressed");
        WebhookRequest keyed = VerifierTest.request("pressed", "Idempotency-Key", "k-1");

        assertThat(one(events, plain).id()).isNotEqualTo(one(events, plain).id());
        assertThat(one(events, keyed).id()).isEqualTo("k-1");
    }

    @Test
    void cloudEventsKeepWhoTheyAre() {
        WebhookEvents events = events(Map.of("port", 0));

        Event binary = one(
                events,
                VerifierTest.request(
                        "x", "ce-specversion", "1.0", "ce-id", "7", "ce-source", "/shop", "ce-type", "order"));
        Event structured = one(
                events,
                VerifierTest.request(
                        "{\"specversion\":\"1.0\",\"id\":\"8\",\"source\":\"/shop\",\"type\":\"order\",\"data\":{\"n\":1}}",
                        "Content-Type",
                        "application/cloudevents+json"));

        assertThat(List.of(binary.id(), binary.source(), binary.type())).containsExactly("7", "/shop", "order");
        assertThat(List.of(structured.id(), structured.source())).containsExactly("8", "/shop");
    }

    @Test
    void deliveriesOfGitHubAndStripeKeepTheirIdsAndSayWhatTheyAre() {
        Event push = one(
                events(Map.of("port", 0, "verification", Map.of("preset", "github"), "type", "com.github")),
                VerifierTest.request("{}", "X-GitHub-Delivery", "72d3162e", "X-GitHub-Event", "push"));
        Event paid = one(
                events(Map.of("port", 0, "verification", Map.of("preset", "stripe"), "type", "com.stripe")),
                VerifierTest.request("{\"data\":{\"id\":\"x\"},\"id\":\"evt_1\",\"type\":\"invoice.paid\"}"));

        assertThat(List.of(push.id(), push.type())).containsExactly("72d3162e", "com.github.push");
        assertThat(List.of(paid.id(), paid.type())).containsExactly("evt_1", "com.stripe.invoice.paid");
    }

    @Test
    void aPlainSourceDoesNotLookAtCloudEvents() {
        Event event = one(
                events(Map.of("port", 0, "format", "plain")),
                VerifierTest.request("{}", "ce-id", "7", "Content-Type", "application/cloudevents+json"));

        assertThat(event.source()).isEqualTo("/connectors/default/hook");
        assertThat(event.id()).isNotEqualTo("7");
    }

    @Test
    void whatCouldNeverBePublishedIsRefusedAtOnce() {
        WebhookEvents events = events(Map.of("port", 0));

        assertThatThrownBy(() -> events.of(VerifierTest.request("x", "ce-specversion", "1.0", "ce-id", "7")))
                .isInstanceOfSatisfying(
                        EventMeshException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.EVENT_INVALID));
    }

    private static Event one(WebhookEvents events, WebhookRequest request) {
        List<Event> made = events.of(request);
        assertThat(made).hasSize(1);
        return made.get(0);
    }

    private static WebhookEvents events(Map<String, ?> tree) {
        return new WebhookEvents(config(tree), "/connectors/default/hook");
    }

    static WebhookSourceConfig config(Map<String, ?> tree) {
        Bound<WebhookSourceConfig> bound =
                Binder.bind(WebhookSourceConfig.class, WebhookSourceConfig.standard(), tree, "");
        return bound.orThrow("connector http");
    }
}
