package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * What every verb of the admin shares: where the admin is, whose namespace, and how answers are printed.
 *
 * <p>Reads print the API's JSON as it came ({@code -o json}). What changes something prints an envelope
 * {@code {command, ok, summary, result, error}}, also when it fails.
 */
public final class AdminSession {
    private static final int ALL = 100_000;

    @Option(
            names = "--admin-url",
            description = "HTTP address of the admin (default: ${DEFAULT-VALUE}; env EVENTMESH_ADMIN_URL).",
            defaultValue = "${env:EVENTMESH_ADMIN_URL:-http://127.0.0.1:10106}")
    String url = "";

    @Option(
            names = {"-n", "--namespace"},
            description = "Namespace (default: ${DEFAULT-VALUE}; env EVENTMESH_NAMESPACE).",
            defaultValue = "${env:EVENTMESH_NAMESPACE:-default}")
    String namespace = "";

    @Option(
            names = "--token",
            description = "Bearer token (env EVENTMESH_TOKEN).",
            defaultValue = "${env:EVENTMESH_TOKEN:-}")
    String token = "";

    @Option(
            names = {"-o", "--output"},
            description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
            defaultValue = "table")
    Format format = Format.TABLE;

    @Spec(Spec.Target.MIXEE)
    @Nullable
    CommandSpec mixee;

    AdminApi api() {
        return new AdminApi(new Http(
                url, token, "bin/start.sh starts an admin too; --admin-url or EVENTMESH_ADMIN_URL name another"));
    }

    /** The namespace as a query, with more. */
    Map<String, String> query(String... namesAndValues) {
        Map<String, String> query = AdminApi.query(namesAndValues);
        query.put("namespace", namespace);
        return query;
    }

    PrintWriter out() {
        return Objects.requireNonNull(mixee).commandLine().getOut();
    }

    /** Prints a whole list. */
    int list(String path, Map<String, String> query, Table table) {
        return list(path, query, table, ALL);
    }

    int list(String path, Map<String, String> query, Table table, int limit) {
        ArrayNode items = api().list(path, query, limit);
        if (format == Format.TABLE) {
            table.print(out(), items);
        } else {
            ObjectNode page = Http.MAPPER.createObjectNode();
            page.set("items", items);
            print(page);
        }
        out().flush();
        return 0;
    }

    /** Prints one resource, for people as YAML. */
    int show(String path, Map<String, String> query) {
        print(api().get(path, query).required());
        out().flush();
        return 0;
    }

    /** Prints JSON, or YAML for people too. */
    void print(JsonNode answer) {
        try {
            out().print(
                            format == Format.JSON
                                    ? Http.MAPPER
                                                    .writerWithDefaultPrettyPrinter()
                                                    .writeValueAsString(answer) + "\n"
                                    : Yaml.text(answer));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** Says what was done. */
    int done(String summary, JsonNode result) {
        if (format == Format.TABLE) {
            out().println("✓ " + summary);
        } else {
            ObjectNode envelope = envelope(true, summary);
            envelope.set("result", result.isMissingNode() ? Http.MAPPER.nullNode() : result);
            print(envelope);
        }
        out().flush();
        return 0;
    }

    /** Acts on a resource and says what was done. */
    int act(String path, String summary, JsonNode body) {
        return act(path, query(), Map.of(), summary, body);
    }

    int act(String path, Map<String, String> query, Map<String, String> headers, String summary, JsonNode body) {
        return done(summary, api().act(path, query, headers, body).required());
    }

    int act(String path, String summary) {
        return act(path, summary, Http.MAPPER.createObjectNode());
    }

    /** Deletes a resource, whatever its version. */
    int delete(String path, String summary) {
        Http.Answer answer = api().delete(path, query(), "*");
        return done(summary, answer.required());
    }

    /**
     * Prints a failure as an envelope when answers are wanted in a format for programs.
     *
     * @return whether it did
     */
    public boolean failed(CliException problem) {
        if (format == Format.TABLE) {
            return false;
        }
        ObjectNode envelope = envelope(false, problem.reason());
        envelope.putObject("error").put("message", problem.reason()).put("suggestion", problem.suggestion());
        print(envelope);
        out().flush();
        return true;
    }

    private ObjectNode envelope(boolean ok, String summary) {
        return Http.MAPPER
                .createObjectNode()
                .put("command", Objects.requireNonNull(mixee).qualifiedName())
                .put("ok", ok)
                .put("summary", summary);
    }

    /** Options that are given, as a JSON object. */
    static ObjectNode body(Map<String, ?> values) {
        return Http.MAPPER.valueToTree(new LinkedHashMap<>(values));
    }
}
