package io.eventmesh.protocol.http.client;

import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.http.auth.ClientCredentials;
import io.eventmesh.http.auth.StandardSecret;
import io.eventmesh.http.auth.WebhookSignature;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * A credential's fields with their secrets filled in, and the proof that they make.
 *
 * <p>{@code basic}: username, password. {@code bearer}: token. {@code header}: name, value. {@code oauth2}: tokenUrl,
 * clientId, clientSecret, and perhaps scope, audience, style (BASIC or BODY). {@code signing}: secret, and perhaps
 * previous, which signs too as long as it is there.
 */
record ProofSpec(String name, String kind, Map<String, String> fields) {
    static final Set<String> KINDS = Set.of("basic", "bearer", "header", "oauth2", "signing");

    /** @throws EventMeshException UNAUTHENTICATED naming the field, without its value */
    Proof proof(Caller caller, MeshClock clock) {
        return switch (kind) {
            case "basic" -> {
                String user = required("username");
                yield new FixedHeader("authorization", ClientCredentials.basic(user, required("password")));
            }
            case "bearer" -> new FixedHeader("authorization", "Bearer " + printable("token"));
            case "header" -> new FixedHeader(headerName(), printable("value"));
            case "oauth2" -> new Tokens(client(), caller, clock);
            case "signing" -> new Signed(new WebhookSignature(secrets()), clock);
            default ->
                throw refused(
                        "kind",
                        "one of " + String.join(", ", KINDS.stream().sorted().toList()));
        };
    }

    private ClientCredentials client() {
        String url = required("tokenUrl");
        if (!isUrl(url)) {
            throw refused("tokenUrl", "an http or https URL with a host");
        }
        String style = optional("style").toUpperCase(Locale.ROOT);
        if (!style.isEmpty() && !style.equals("BASIC") && !style.equals("BODY")) {
            throw refused("style", "BASIC or BODY");
        }
        return new ClientCredentials(
                url,
                required("clientId"),
                Secret.of(required("clientSecret")),
                style.equals("BODY") ? ClientCredentials.Style.BODY : ClientCredentials.Style.BASIC,
                optional("scope"),
                optional("audience"));
    }

    private List<Secret> secrets() {
        List<Secret> secrets = new ArrayList<>();
        for (String field : List.of("secret", "previous")) {
            Secret secret = Secret.of(optional(field));
            if (secret.isPresent() || field.equals("secret")) {
                if (!StandardSecret.isSound(secret)) {
                    throw refused(field, "whsec_ and a key in Base64");
                }
                secrets.add(secret);
            }
        }
        return secrets;
    }

    private String headerName() {
        String header = required("name").toLowerCase(Locale.ROOT);
        if (!SpecFields.isHeaderName(header)) {
            throw refused("name", "a header's name, and none that the mesh sets itself");
        }
        return header;
    }

    private String required(String field) {
        String value = optional(field);
        if (value.isEmpty()) {
            throw refused(field, "not empty");
        }
        return value;
    }

    private String printable(String field) {
        String value = required(field);
        if (!value.matches("[\\x20-\\x7e]{1,16384}")) {
            throw refused(field, "1 to 16384 printable characters of ASCII");
        }
        return value;
    }

    private String optional(String field) {
        return Objects.requireNonNullElse(fields.get(field), "");
    }

    private static boolean isUrl(String text) {
        try {
            URI uri = URI.create(text);
            return uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getScheme() != null
                    && uri.getScheme().matches("(?i)https?");
        } catch (IllegalArgumentException notAUri) {
            return false;
        }
    }

    private EventMeshException refused(String field, String expected) {
        return new EventMeshException(
                ErrorCode.UNAUTHENTICATED,
                "credential %s, %s: not as expected (expected: %s)".formatted(name, field, expected));
    }

    /** Without the fields, which are secret. */
    @Override
    public String toString() {
        return "%s credential %s".formatted(kind, name);
    }
}
