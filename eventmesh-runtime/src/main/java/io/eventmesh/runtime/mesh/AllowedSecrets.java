package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.runtime.config.Placeholders;
import io.eventmesh.runtime.config.SecretsConfig;
import io.eventmesh.spi.target.SecretValues;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Puts the secrets that the operator lets credentials name in their places. Thread-safe. */
final class AllowedSecrets implements SecretValues {
    private static final Pattern REFERENCE = Pattern.compile("(\\$?)\\$\\{(env|file):([^}]*)}");

    private final SecretsConfig allowed;
    private final Map<String, String> environment;
    private final Executor blocking;

    /** @param blocking reads files */
    AllowedSecrets(SecretsConfig allowed, Map<String, String> environment, Executor blocking) {
        this.allowed = allowed;
        this.environment = Map.copyOf(environment);
        this.blocking = blocking;
    }

    @Override
    public CompletionStage<String> resolve(String text) {
        if (!REFERENCE.matcher(text).find()) {
            return CompletableFuture.completedStage(text);
        }
        try {
            return CompletableFuture.supplyAsync(() -> filledIn(text), blocking);
        } catch (RejectedExecutionException full) {
            return CompletableFuture.failedStage(new EventMeshException(
                    ErrorCode.OVERLOADED, "secrets: too many are being read (expected: fewer at a time)", full));
        }
    }

    private String filledIn(String text) {
        for (Matcher found = REFERENCE.matcher(text); found.find(); ) {
            if (found.group(1).isEmpty()) {
                String expected = allowed.expectation(found.group(2), found.group(3));
                if (expected != null) {
                    throw new EventMeshException(
                            ErrorCode.UNAUTHENTICATED,
                            "credential: %s (expected: %s, by mesh.targets.secrets)"
                                    .formatted(found.group(), expected));
                }
            }
        }
        List<String> problems = new ArrayList<>();
        String whole = new Placeholders(environment, problems).expand("credential", text);
        if (!problems.isEmpty()) {
            throw new EventMeshException(ErrorCode.UNAUTHENTICATED, problems.get(0));
        }
        return whole;
    }
}
