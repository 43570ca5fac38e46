package io.eventmesh.protocol.http.webhook;

import io.eventmesh.protocol.http.client.Identities;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Preview;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;
import java.util.Optional;
import java.util.Set;

/** Destinations that are HTTP endpoints: {@code {"url": "https://example.com/hook"}}, see {@link WebhookSpec}. */
public final class WebhookTargetProvider implements TargetSenderProvider {
    @Override
    public String name() {
        return "webhook";
    }

    @Override
    public void validate(String namespace, String spec) {
        WebhookSpec.parse(spec);
    }

    @Override
    public Set<String> credentialKinds() {
        return Identities.KINDS;
    }

    @Override
    public Set<String> credentials(String spec) {
        String signing = WebhookSpec.parse(spec).signing();
        return signing.isEmpty() ? Set.of() : Set.of(signing);
    }

    @Override
    public boolean batches(String spec) {
        return WebhookSpec.parse(spec).format() == WebhookSpec.Format.BATCH;
    }

    @Override
    public Optional<Preview> preview(String spec, String credentialKind, EventRecord record) {
        return Optional.of(WebhookPreview.of(WebhookSpec.parse(spec), credentialKind, record));
    }

    @Override
    public TargetSender create(String spec, TargetContext context) {
        return new WebhookSender(WebhookSpec.parse(spec), context);
    }
}
