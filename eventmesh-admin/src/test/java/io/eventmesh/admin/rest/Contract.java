package io.eventmesh.admin.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/** The contract that is served, and whether an exchange keeps to it. */
public final class Contract {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> HEADERS = List.of("ETag", "Location", "Retry-After");
    /** Operations that were answered with success in this process. */
    private static final Set<String> SUCCEEDED = ConcurrentHashMap.newKeySet();

    private static final Contract SERVED = new Contract();

    private final JsonNode root;
    private final List<Operation> operations = new ArrayList<>();
    private final Map<String, Schema> schemas = new ConcurrentHashMap<>();
    private final SchemaRegistry registry = SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12,
            builder -> builder.schemaRegistryConfig(
                    SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build()));

    /** An operation as the contract says. */
    record Operation(String id, String method, String path, Pattern pattern, JsonNode node) {}

    private Contract() {
        try (InputStream text = Contract.class.getResourceAsStream("/io/eventmesh/admin/api/openapi.yaml")) {
            root = new YAMLMapper().readTree(text);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        root.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(method -> {
                    if (!method.getKey().equals("parameters")) {
                        operations.add(new Operation(
                                method.getValue().get("operationId").asText(),
                                method.getKey().toUpperCase(java.util.Locale.ROOT),
                                path.getKey(),
                                Pattern.compile("/api/v1"
                                        + path.getKey().replace(".", "\\.").replaceAll("\\{[^}]+}", "[^/:]+")),
                                method.getValue()));
                    }
                }));
    }

    public static Contract served() {
        return SERVED;
    }

    List<Operation> operations() {
        return operations;
    }

    static Set<String> succeeded() {
        return SUCCEEDED;
    }

    /** Fails unless the exchange is as the contract says. */
    public void check(String method, String path, String requestBody, HttpResponse<String> response) {
        String plain = path.replaceAll("\\?.*", "");
        String what = method + " " + path + " → " + response.statusCode() + " " + response.body();
        Optional<Operation> found = operations.stream()
                .filter(one -> one.method().equals(method)
                        && one.pattern().matcher(plain).matches())
                .findFirst();
        if (plain.equals("/") || plain.equals("/openapi.yaml")) {
            return;
        }
        int status = response.statusCode();
        if (found.isEmpty()) {
            require(status >= 400, what + ": no operation of the contract (expected: a refusal)");
            problem(what, response);
            return;
        }
        Operation operation = found.get();
        JsonNode declared = operation.node().get("responses").get(Integer.toString(status));
        if (declared == null) {
            require(status >= 400, what + ": this status is not in the contract");
            problem(what, response);
            return;
        }
        SUCCEEDED.add(operation.id());
        JsonNode answer = resolved(declared);
        for (String header : HEADERS) {
            boolean present = response.headers().firstValue(header).isPresent();
            require(!present || answer.at("/headers/" + header).isObject(), what + ": header " + header);
        }
        body(
                what,
                operation.id() + status,
                answer.get("content"),
                response.headers().firstValue("Content-Type"),
                response.body(),
                path.matches(".*[?&]fields=.*"));
        if (status < 300 && !requestBody.isBlank()) {
            JsonNode asked = operation.node().get("requestBody");
            require(asked != null, what + ": a body that is not in the contract");
            body(
                    what + " ← " + requestBody,
                    operation.id() + " request",
                    resolved(asked).get("content"),
                    Optional.of("application/json"),
                    requestBody,
                    false);
        }
    }

    private void problem(String what, HttpResponse<String> response) {
        body(
                what,
                "problem",
                root.at("/components/responses/Problem/content"),
                response.headers().firstValue("Content-Type"),
                response.body(),
                false);
    }

    /** @param sparse whether fields were asked for, so that others are missing */
    private void body(String what, String name, JsonNode content, Optional<String> type, String body, boolean sparse) {
        if (content == null) {
            require(body.isEmpty(), what + ": a body (expected: none)");
            return;
        }
        require(type.isPresent() && content.has(type.get()), what + ": content type " + type);
        if (!type.get().endsWith("json")) {
            return;
        }
        Schema schema = schemas.computeIfAbsent(
                name, key -> schema(content.get(type.get()).get("schema")));
        try {
            List<String> errors = schema.validate(JSON.readTree(body)).stream()
                    .filter(error -> !sparse || !error.getKeyword().equals("required"))
                    .map(error -> error.getInstanceLocation() + " " + error.getMessage())
                    .toList();
            require(errors.isEmpty(), what + ": " + errors);
        } catch (IOException notJson) {
            throw new AssertionError(what + ": not JSON", notJson);
        }
    }

    /** The schema beside all the components that it may refer to. */
    private Schema schema(JsonNode node) {
        ObjectNode whole = JSON.createObjectNode();
        whole.putArray("allOf").add(node);
        whole.set("components", root.get("components"));
        return registry.getSchema(whole);
    }

    private JsonNode resolved(JsonNode node) {
        return node.has("$ref") ? root.at(node.get("$ref").asText().substring(1)) : node;
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("contract broken: " + what);
        }
    }

    /** Method and path of each operation. */
    Map<String, String> table() {
        Map<String, String> table = new LinkedHashMap<>();
        operations.forEach(one -> table.put(one.id(), one.method() + " " + one.path()));
        return table;
    }
}
