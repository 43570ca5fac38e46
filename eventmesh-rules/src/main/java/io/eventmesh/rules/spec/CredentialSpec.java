package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import java.net.URI;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What proves to a target who sends. Secret values are never shown: {@value #HIDDEN} stands for one in whatever people
 * read, and keeps the stored one when it is sent back. References are shown as they are.
 *
 * <p>No problem and no {@code toString} holds a value. Immutable.
 */
public final class CredentialSpec {
    /** Stands for a secret that is not told. */
    public static final String HIDDEN = "***";

    private static final int LONGEST = 8_192;
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{(env|file):[^{}]+}");
    private static final Pattern HEADER = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}");
    private static final Set<String> SECRETS =
            Set.of("password", "token", "value", "clientSecret", "secret", "previous");
    private static final Map<String, Set<String>> FIELDS = Map.of(
            "basic", Set.of("username", "password"),
            "bearer", Set.of("token"),
            "header", Set.of("name", "value"),
            "oauth2", Set.of("tokenUrl", "clientId", "clientSecret", "scope", "audience", "style"),
            "signing", Set.of("secret", "previous"));
    private static final Set<String> OPTIONAL = Set.of("scope", "audience", "style", "previous");
    private static final int LEAST_KEY = 24;
    private static final int LONGEST_KEY = 64;

    private final String kind;
    private final ObjectNode values;

    private CredentialSpec(String kind, ObjectNode values) {
        this.kind = kind;
        this.values = values;
    }

    /** Reads a specification; whatever is wrong is added to the section's problems. */
    public static CredentialSpec read(Section spec) {
        String kind = spec.requiredText("kind").toLowerCase(Locale.ROOT);
        ObjectNode values = JsonNodeFactory.instance.objectNode();
        Set<String> fields = FIELDS.get(kind);
        if (fields == null) {
            if (!kind.isEmpty()) {
                spec.problem(
                        "kind",
                        "'%s' (expected one of: %s)"
                                .formatted(
                                        Names.shown(kind),
                                        FIELDS.keySet().stream().sorted().toList()));
            }
            return new CredentialSpec(kind, values);
        }
        String[] known = fields.stream().sorted().toArray(String[]::new);
        spec.only(with(known, "kind"));
        for (String field : known) {
            (SECRETS.contains(field) ? secret(spec, field) : text(spec, field))
                    .ifPresent(value -> values.put(field, value));
        }
        return new CredentialSpec(kind, values);
    }

    private static String[] with(String[] some, String more) {
        String[] all = Arrays.copyOf(some, some.length + 1);
        all[some.length] = more;
        return all;
    }

    private static Optional<String> text(Section spec, String field) {
        if (field.equals("style")) {
            return spec.choice(field, List.of("BASIC", "BODY"));
        }
        Optional<String> value = OPTIONAL.contains(field) ? spec.text(field) : Optional.of(spec.requiredText(field));
        value.filter(given -> !given.isEmpty()).ifPresent(given -> {
            if (field.equals("tokenUrl") && !isHttp(given)) {
                spec.problem(field, "'%s' (expected: an http or https address)".formatted(Names.shown(given)));
            }
            if (field.equals("name") && !HEADER.matcher(given).matches()) {
                spec.problem(field, "'%s' (expected: the name of a header)".formatted(Names.shown(given)));
            }
        });
        return value;
    }

    private static boolean isHttp(String address) {
        try {
            URI uri = URI.create(address);
            String scheme = String.valueOf(uri.getScheme());
            return (scheme.equals("http") || scheme.equals("https"))
                    && uri.getHost() != null
                    && uri.getRawUserInfo() == null;
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }

    /** A value that no problem repeats. */
    private static Optional<String> secret(Section spec, String field) {
        Optional<JsonNode> given = spec.any(field);
        if (given.isEmpty()) {
            if (!OPTIONAL.contains(field)) {
                spec.problem(field, "missing (expected: a secret, or a reference such as ${env:NAME})");
            }
            return Optional.empty();
        }
        JsonNode value = given.get();
        if (!value.isTextual()
                || value.textValue().isEmpty()
                || value.textValue().length() > LONGEST
                || value.textValue().chars().anyMatch(Character::isISOControl)) {
            spec.problem(field, "unfit (expected: a text of 1..%d characters on one line)".formatted(LONGEST));
            return Optional.empty();
        }
        String text = value.textValue();
        boolean isKey = field.equals("secret") || field.equals("previous");
        if (isKey && !text.equals(HIDDEN) && !text.contains("${") && !isSigningKey(text)) {
            spec.problem(
                    field, "unfit (expected: whsec_ and %d to %d bytes in Base64)".formatted(LEAST_KEY, LONGEST_KEY));
        }
        return Optional.of(text);
    }

    private static boolean isSigningKey(String text) {
        try {
            int bytes = text.startsWith("whsec_")
                    ? Base64.getDecoder().decode(text.substring("whsec_".length())).length
                    : 0;
            return bytes >= LEAST_KEY && bytes <= LONGEST_KEY;
        } catch (IllegalArgumentException malformed) {
            return false;
        }
    }

    public String kind() {
        return kind;
    }

    /** With the stored secrets where this one only says that they are hidden; what was not stored is a problem. */
    public CredentialSpec over(Optional<CredentialSpec> stored, List<Field> problems) {
        ObjectNode whole = values.deepCopy();
        SECRETS.forEach(field -> {
            if (values.path(field).asText().equals(HIDDEN)) {
                JsonNode known = stored.filter(old -> old.kind.equals(kind))
                        .map(old -> old.values.path(field))
                        .orElseGet(() -> values.path("missing"));
                if (known.isTextual()) {
                    whole.set(field, known);
                } else {
                    problems.add(new Field(
                            "/spec/" + field, "hidden (expected: the secret, since there is no stored one to keep)"));
                }
            }
        });
        return new CredentialSpec(kind, whole);
    }

    /** As it is stored, secrets included. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("kind", kind);
        json.setAll(values);
        return json;
    }

    /** As it is shown. */
    public ObjectNode shown() {
        ObjectNode json = json();
        SECRETS.forEach(field -> {
            if (json.has(field) && !REFERENCE.matcher(json.get(field).asText()).matches()) {
                json.put(field, HIDDEN);
            }
        });
        return json;
    }

    /** What runtimes are told of it: its fields, secrets included. */
    public String told() {
        return values.toString();
    }

    @Override
    public String toString() {
        return shown().toString();
    }
}
