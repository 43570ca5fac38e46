package io.eventmesh.protocol.http.webhook;

import io.eventmesh.protocol.http.client.Identities;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Preview;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.Optional;
import java.util.Set;

/**
 * Functions: HTTP endpoints that answer an event with new events, which go to a topic: {@code {"url":
 * "https://example.com/enrich", "topic": "orders/enriched"}}, see {@link FunctionSpec}.
 */
public final class FunctionTargetProvider implements TargetSenderProvider {
    @Override
    public String name() {
        return "function";
    }

    @Override
    public void validate(String namespace, String spec) {
        FunctionSpec.parse(spec);
    }

    @Override
    public Set<String> credentialKinds() {
        return Identities.KINDS;
    }

    @Override
    public Set<String> credentials(String spec) {
        String signing = FunctionSpec.parse(spec).signing();
        return signing.isEmpty() ? Set.of() : Set.of(signing);
    }

    @Override
    public Optional<Preview> preview(String spec, String credentialKind, EventRecord record) {
        return Optional.of(WebhookPreview.of(FunctionSpec.parse(spec), credentialKind, record));
    }

    @Override
    public TargetSender create(String spec, TargetContext context) {
        return new FunctionSender(FunctionSpec.parse(spec), context);
    }
}
