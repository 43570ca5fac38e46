package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What would become of the admin's resources by a set of documents: the admin itself is asked, by a write that is not
 * carried out, so that a plan knows defaults and refusals. Each step is applied only to the version that was planned
 * for.
 */
final class Plan {
    /** What happens to one resource. */
    enum Action {
        CREATE("+"),
        UPDATE("~"),
        DELETE("-"),
        NONE("=");

        private final String mark;

        Action(String mark) {
            this.mark = mark;
        }
    }

    /** @param condition header that holds the version that was seen */
    private record Step(
            Action action,
            Document document,
            Map<String, String> condition,
            JsonNode before,
            JsonNode after,
            JsonNode warnings) {}

    private final AdminApi api;
    private final boolean force;
    private final List<Step> steps = new ArrayList<>();

    private Plan(AdminApi api, boolean force) {
        this.api = api;
        this.force = force;
    }

    /**
     * Makes a plan.
     *
     * @param manager whose resources these are
     * @param prune whether what this manager made and the documents no longer have is to be deleted
     * @param force whether connectors are stored although their configuration is wrong
     */
    static Plan of(AdminSession admin, List<Document> documents, String manager, boolean prune, boolean force) {
        Plan plan = new Plan(admin.api(), force);
        for (ResourceKind kind : ResourceKind.values()) {
            documents.stream()
                    .filter(document -> document.kind() == kind)
                    .forEach(document -> plan.add(document, manager));
        }
        if (prune) {
            Set<String> kept = new HashSet<>();
            Set<String> namespaces = new HashSet<>(Set.of(admin.namespace));
            documents.forEach(document -> {
                kept.add(document.key());
                namespaces.add(document.namespace());
            });
            // what names others goes before them
            List<ResourceKind> kinds = new ArrayList<>(List.of(ResourceKind.values()));
            Collections.reverse(kinds);
            namespaces.forEach(namespace -> kinds.forEach(kind -> plan.prune(kind, namespace, manager, kept)));
        }
        return plan;
    }

    boolean isEmpty() {
        return steps.stream().allMatch(step -> step.action() == Action.NONE);
    }

    /** Says what would be done. */
    void print(PrintWriter out) {
        for (Step step : steps) {
            out.printf("%s %s%n", step.action().mark, step.document().title());
            if (step.action() == Action.UPDATE) {
                Difference.lines(meant(step.before()), meant(step.after())).forEach(line -> out.println("    " + line));
            }
            step.warnings().forEach(warning -> out.println("    ⚠ " + warning.asText()));
        }
        out.printf(
                "%d to create, %d to change, %d to delete, %d as they are%n",
                count(Action.CREATE), count(Action.UPDATE), count(Action.DELETE), count(Action.NONE));
        out.flush();
    }

    /** The same for programs. */
    ArrayNode json() {
        ArrayNode all = Http.MAPPER.createArrayNode();
        for (Step step : steps) {
            ObjectNode one = all.addObject()
                    .put("kind", step.document().kind().word())
                    .put("namespace", step.document().namespace())
                    .put("name", step.document().name())
                    .put("action", step.action().name());
            ArrayNode changes = one.putArray("changes");
            if (step.action() == Action.UPDATE) {
                Difference.lines(meant(step.before()), meant(step.after())).forEach(changes::add);
            }
        }
        return all;
    }

    /** Carries it out, step by step; the first refusal ends it. */
    String apply() {
        for (Step step : steps) {
            Document document = step.document();
            switch (step.action()) {
                case CREATE, UPDATE ->
                    refusedIn(
                            document,
                            api.put(document.path(), query(document, false), step.condition(), document.body()));
                case DELETE ->
                    refusedIn(
                            document,
                            api.delete(
                                    document.path(),
                                    AdminApi.query("namespace", document.namespace()),
                                    step.condition().getOrDefault("if-match", "*")));
                case NONE -> {}
            }
        }
        return "%d created, %d changed, %d deleted, %d as they were"
                .formatted(count(Action.CREATE), count(Action.UPDATE), count(Action.DELETE), count(Action.NONE));
    }

    private long count(Action action) {
        return steps.stream().filter(step -> step.action() == action).count();
    }

    private void add(Document document, String manager) {
        document.body().withObject("/metadata").put("managedBy", manager);
        Http.Answer now = api.get(document.path(), AdminApi.query("namespace", document.namespace()));
        if (now.status() != 404) {
            now.required();
        }
        Map<String, String> condition =
                now.status() == 404 ? Map.of("if-none-match", "*") : Map.of("if-match", now.etag());
        JsonNode planned =
                refusedIn(document, api.put(document.path(), query(document, true), condition, document.body()));
        steps.add(new Step(
                Action.valueOf(planned.path("action").asText()),
                document,
                condition,
                planned.path("before"),
                planned.path("after"),
                planned.path("warnings")));
    }

    private Map<String, String> query(Document document, boolean dry) {
        boolean forced = force && document.kind() == ResourceKind.CONNECTOR;
        return AdminApi.query(
                "namespace", document.namespace(), "dryRun", dry ? "true" : "", "force", forced ? "true" : "");
    }

    private void prune(ResourceKind kind, String namespace, String manager, Set<String> kept) {
        for (JsonNode item :
                api.list(AdminApi.path(kind.collection()), AdminApi.query("namespace", namespace), Integer.MAX_VALUE)) {
            String name = item.at("/metadata/name").asText();
            Document document = new Document("the admin", kind, namespace, name, Http.MAPPER.createObjectNode());
            if (item.at("/metadata/managedBy").asText().equals(manager) && !kept.contains(document.key())) {
                String version =
                        "\"%s\"".formatted(item.at("/metadata/revision").asText());
                steps.add(new Step(
                        Action.DELETE, document, Map.of("if-match", version), item, item, MissingNode.getInstance()));
            }
        }
    }

    private static JsonNode refusedIn(Document document, Http.Answer answer) {
        try {
            return answer.required();
        } catch (CliException refused) {
            throw new CliException(
                    refused.exitCode(), "%s: %s".formatted(document.origin(), refused.reason()), refused.suggestion());
        }
    }

    /** What people decide of a resource, without what the admin adds. */
    static JsonNode meant(JsonNode resource) {
        ObjectNode meant = Http.MAPPER.createObjectNode();
        ObjectNode metadata = meant.putObject("metadata");
        for (String key : List.of("name", "labels", "managedBy")) {
            JsonNode value = resource.at("/metadata/" + key);
            if (!value.isMissingNode() && !value.isNull() && !(value.isObject() && value.isEmpty())) {
                metadata.set(key, value);
            }
        }
        meant.set("spec", resource.path("spec"));
        return meant;
    }
}
