package io.eventmesh.connector.http.source;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.eventmesh.connector.http.source.VerificationConfig.Preset;
import io.eventmesh.http.EventReader;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * Makes the events of a request.
 *
 * <p>A CloudEvent keeps its id and source. Anything else gets the id that its sender gave the delivery (so that a delivery
 * that is sent again is the same event), or else one of the signed time and the body, or else a new one: two equal bodies
 * without any of these may well be two events.
 *
 * <p>Thread-safe.
 */
final class WebhookEvents {
    private static final JsonFactory JSON = new JsonFactory();

    private final WebhookSourceConfig config;
    private final String source;
    private final EventReader reader = new EventReader();

    /** @param source of events whose request says none */
    WebhookEvents(WebhookSourceConfig config, String source) {
        this.config = config;
        this.source = source;
    }

    /** @throws io.eventmesh.common.error.EventMeshException EVENT_INVALID when one of them could not be published */
    List<Event> of(WebhookRequest request) {
        List<Event> events = config.format() == WebhookSourceConfig.Format.AUTO
                ? reader.read(
                                request.headers(),
                                request.headers().get("content-type"),
                                request.body(),
                                () -> plain(request))
                        .events()
                : List.of(plain(request)
                        .data(request.headers().get("content-type"), request.body())
                        .build());
        events.forEach(Event::requirePublishable);
        return events;
    }

    private EventBuilder plain(WebhookRequest request) {
        return Event.builder().id(id(request)).source(source).type(type(request));
    }

    private String id(WebhookRequest request) {
        Preset preset = config.verification().preset();
        String given = switch (preset) {
            case GITHUB -> request.header("x-github-delivery");
            case STANDARD -> request.header("webhook-id");
            case STRIPE -> text(request.body(), "id");
            case SLACK -> text(request.body(), "event_id");
            case NONE, GENERIC, BASIC, API_KEY -> request.header("idempotency-key");
        };
        if (!given.isEmpty()) {
            return given;
        }
        return switch (preset) {
            case STRIPE -> hash(request.header("stripe-signature"), request.body());
            case SLACK -> hash(request.header("x-slack-request-timestamp"), request.body());
            case NONE, GITHUB, STANDARD, GENERIC, BASIC, API_KEY ->
                UUID.randomUUID().toString();
        };
    }

    private String type(WebhookRequest request) {
        String kind = "";
        if (!config.typeHeader().isEmpty()) {
            kind = request.header(config.typeHeader());
        } else if (config.verification().preset() == Preset.GITHUB) {
            kind = request.header("x-github-event");
        } else if (config.verification().preset() == Preset.STRIPE) {
            kind = text(request.body(), "type");
        }
        return kind.isEmpty() ? config.type() : config.type() + "." + kind;
    }

    /** A field at the top of a JSON object, empty when there is none. */
    private static String text(byte[] body, String field) {
        try (JsonParser json = JSON.createParser(body)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return "";
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean wanted = field.equals(json.currentName());
                JsonToken value = json.nextToken();
                if (wanted) {
                    return value == JsonToken.VALUE_STRING ? json.getText() : "";
                }
                json.skipChildren();
            }
            return "";
        } catch (IOException notJson) {
            return "";
        }
    }

    private static String hash(String time, byte[] body) {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            sha256.update(time.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            sha256.update((byte) 0);
            return HexFormat.of().formatHex(sha256.digest(body));
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
