package io.eventmesh.protocol.http.webhook;

import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.spi.target.TargetSenderProvider;

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
    public TargetSender create(String spec, TargetContext context) {
        return new WebhookSender(WebhookSpec.parse(spec), context);
    }
}
