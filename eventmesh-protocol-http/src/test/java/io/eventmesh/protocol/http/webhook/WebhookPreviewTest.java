package io.eventmesh.protocol.http.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.target.Preview;
import org.junit.jupiter.api.Test;

class WebhookPreviewTest {
    private final WebhookTargetProvider provider = new WebhookTargetProvider();

    private Preview preview(String spec, String credentialKind, Event event) {
        return provider.preview(spec.replace('\'', '"'), credentialKind, Sending.record(event))
                .orElseThrow();
    }

    private static Event order() {
        return Sending.record("1").event();
    }

    @Test
    void theRequestIsShownWithoutWhatMayBeSecret() {
        Preview preview = preview(
                "{'url': 'https://h/hook?token=s3cret', 'headers': {'x-key': 's3cret'}, 'query': {'a': 's3cret'},"
                        + " 'signing': 'key'}",
                "bearer",
                order());

        assertThat(preview.method()).isEqualTo("POST");
        assertThat(preview.uri()).isEqualTo("https://h/hook?***");
        assertThat(preview.headers())
                .containsEntry("ce-id", "1")
                .containsEntry("content-type", "application/json")
                .containsEntry("x-key", "***")
                .containsEntry("authorization", "***")
                .containsEntry("webhook-signature", "***");
        assertThat(preview.body()).isEqualTo("{\"n\": \"1\"}");
        assertThat(preview.toString()).doesNotContain("s3cret");
    }

    @Test
    void eachFormIsShownAsItIsSent() {
        assertThat(preview("{'url': 'https://h/', 'format': 'structured'}", "", order())
                        .body())
                .contains("\"specversion\":\"1.0\"");
        assertThat(preview("{'url': 'https://h/', 'format': 'batch'}", "", order())
                        .body())
                .startsWith("[{")
                .endsWith("}]");
        Event binary = Event.builder()
                .id("2")
                .source("/shop")
                .type("t")
                .data(new byte[] {0, -1, 7})
                .build();
        assertThat(preview("{'url': 'https://h/'}", "", binary).body()).isEqualTo("(3 bytes that are no text)");
    }
}
