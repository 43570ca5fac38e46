package io.eventmesh.protocol.http.webhook;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.protocol.http.client.Caller;
import io.eventmesh.protocol.http.client.SpecFields;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a webhook destination says: {@code {"url": "https://example.com/hook"}} and, optionally,
 *
 * <ul>
 *   <li>{@code format}: {@code binary} (default), {@code structured} or {@code batch} by the HTTP binding of CloudEvents,
 *       or {@code eventmesh}, the form post that subscribers of EventMesh's SDK expect
 *   <li>{@code handshake}: {@code require} (default) asks for consent as the CloudEvents webhook specification says, and
 *       sends nothing without it; {@code skip} does not ask. EventMesh subscribers are never asked
 *   <li>{@code origin}: the name under which consent is asked, the runtime's id otherwise
 *   <li>{@code rate}: how many events a minute are asked for
 *   <li>{@code timeout}: of one request, the policy's unless said
 *   <li>{@code headers}, {@code query}: sent with each request
 *   <li>{@code signing}: the name of a credential by which each request is signed, besides the target's own credential
 *   <li>{@code call}: {@code "async"} (default) or {@code "sync"}, told to EventMesh subscribers
 * </ul>
 *
 * @param url with the query's parameters
 * @param signing empty for none
 */
record WebhookSpec(
        String url,
        Format format,
        boolean handshake,
        @Nullable String origin,
        int ratePerMinute,
        @Nullable Duration timeout,
        Map<String, String> headers,
        String signing,
        boolean sync) {
    private static final Set<String> FIELDS =
            Set.of("url", "format", "handshake", "origin", "rate", "timeout", "headers", "query", "signing", "call");
    private static final Pattern DNS_NAME = Pattern.compile("[A-Za-z0-9._-]{1,253}");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_.~%-]{1,64}");

    enum Format {
        BINARY,
        STRUCTURED,
        BATCH,
        EVENTMESH;

        /** The events as they go over the wire; one of them, unless it is a batch. */
        Content content(List<Attempt> events, String runtimeId, boolean sync) {
            EventRecord first = events.get(0).record();
            return switch (this) {
                case BINARY -> CloudEventForm.binary(first);
                case STRUCTURED -> CloudEventForm.structured(first);
                case BATCH -> CloudEventForm.batch(events);
                case EVENTMESH -> EventMeshForm.content(first, runtimeId, sync);
            };
        }
    }

    /** @throws EventMeshException RULE_INVALID naming field, value and expectation */
    static WebhookSpec parse(String text) {
        SpecFields fields = SpecFields.of(text, FIELDS);
        Format format = Format.valueOf(fields.choice("format", "binary", "structured", "batch", "eventmesh")
                .toUpperCase(Locale.ROOT));
        boolean require = fields.choice("handshake", "require", "skip").equals("require");
        return new WebhookSpec(
                fields.url(),
                format,
                require && format != Format.EVENTMESH,
                fields.text("origin", DNS_NAME, "a DNS name"),
                fields.count("rate", "events a minute, 1 or more"),
                fields.timeout(),
                fields.headers(),
                Objects.requireNonNullElse(fields.text("signing", NAME, "the name of a credential"), ""),
                fields.choice("call", "async", "sync").equals("sync"));
    }

    /** Without path, query and headers, which may hold secrets. */
    @Override
    public String toString() {
        return "webhook " + Caller.where(url);
    }
}
