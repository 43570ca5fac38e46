package io.eventmesh.connector.http.source;

import io.eventmesh.common.config.Secret;
import io.eventmesh.http.auth.StandardSecret;
import io.eventmesh.spi.connector.SourceConnector;
import io.eventmesh.spi.connector.SourceConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import java.util.ArrayList;
import java.util.List;

/** The source plugin {@code http}. */
public final class WebhookSourceProvider implements SourceConnectorProvider<WebhookSourceConfig> {
    @Override
    public String name() {
        return "http";
    }

    @Override
    public Class<WebhookSourceConfig> configType() {
        return WebhookSourceConfig.class;
    }

    @Override
    public WebhookSourceConfig defaults() {
        return WebhookSourceConfig.standard();
    }

    @Override
    public List<String> validate(WebhookSourceConfig config) {
        List<String> problems = new ArrayList<>();
        VerificationConfig verification = config.verification();
        if (verification.preset() == VerificationConfig.Preset.NONE) {
            if (!isLoopback(config.host())) {
                problems.add(
                        "verification.preset: none (expected: a verification, since the host %s is not this machine's own alone)"
                                .formatted(config.host()));
            }
            return problems;
        }
        if (verification.secrets().isEmpty()) {
            problems.add("verification.secrets: missing (expected: one secret or more)");
        }
        for (int i = 0; i < verification.secrets().size(); i++) {
            Secret secret = verification.secrets().get(i);
            if (!secret.isPresent()) {
                problems.add("verification.secrets[%d]: empty (expected: a secret)".formatted(i));
            } else if (verification.preset() == VerificationConfig.Preset.STANDARD && !StandardSecret.isSound(secret)) {
                problems.add("verification.secrets[%d]: *** (expected: whsec_ and Base64)".formatted(i));
            }
        }
        switch (verification.preset()) {
            case GENERIC -> {
                if (verification.header().isEmpty()) {
                    problems.add("verification.header: missing (expected: the header with the signature)");
                }
            }
            case BASIC -> {
                if (verification.username().isBlank()) {
                    problems.add("verification.username: missing (expected: a user)");
                }
            }
            case NONE, GITHUB, STRIPE, STANDARD, SLACK, API_KEY -> {}
        }
        return problems;
    }

    /** By its text alone: asking a name server is not for a check. */
    private static boolean isLoopback(String host) {
        return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.\\d{1,3}){3}");
    }

    @Override
    public SourceConnector create(WebhookSourceConfig config, TaskContext context) {
        return new WebhookSource(config, context);
    }
}
