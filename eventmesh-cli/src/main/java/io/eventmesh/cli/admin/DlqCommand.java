package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.Http;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh dlq}. */
@Command(name = "dlq", description = "Dead letters: what nobody could take, and why.")
public final class DlqCommand {
    private static final String DLQ = "dlq";

    /** Which of a topic's dead letters. */
    static final class Choice {
        @Option(names = "--filter", defaultValue = "", description = "CloudEvents filters as a JSON array.")
        String filter = "";

        @Option(names = "--code", defaultValue = "", description = "Only of this error code, such as EVENT_INVALID.")
        String code = "";

        ObjectNode body() {
            ObjectNode body = Http.MAPPER.createObjectNode();
            if (!filter.isEmpty()) {
                body.set("filter", Documents.json("--filter", filter));
            }
            if (!code.isEmpty()) {
                body.put("code", code);
            }
            return body;
        }
    }

    @Command(name = "list", description = "Where dead letters lie.")
    int list(@Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(DLQ),
                admin.query(),
                new Table(
                        "TOPIC", "/topic",
                        "OWNER", "/owner/name",
                        "EVENTS", "/events",
                        "OLDEST", "/oldest",
                        "NEWEST", "/newest",
                        "CODES", "/codes"));
    }

    @Command(name = "peek", description = "Shows dead letters with their cause.")
    int peek(
            @Parameters(paramLabel = "TOPIC") String topic,
            @Mixin Choice choice,
            @Option(names = "--limit", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.") int limit,
            @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(DLQ, topic, "events"),
                admin.query(
                        "filter", choice.filter, "code", choice.code, "limit", Integer.toString(Math.min(limit, 100))),
                new Table(
                        "PARTITION", "/partition",
                        "OFFSET", "/offset",
                        "ID", "/event/id",
                        "CODE", "/code",
                        "STAGE", "/stage",
                        "ATTEMPTS", "/attempts",
                        "LAST", "/lastTime",
                        "MESSAGE", "/message"),
                limit);
    }

    @Command(name = "get", description = "One dead letter, whole.")
    int get(
            @Parameters(index = "0", paramLabel = "TOPIC") String topic,
            @Parameters(index = "1", paramLabel = "PARTITION-OFFSET") String position,
            @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(DLQ, topic, "events", position), admin.query());
    }

    @Command(name = "redrive", description = "Sends dead letters once more to where they failed.")
    int redrive(
            @Parameters(paramLabel = "TOPIC") String topic,
            @Mixin Choice choice,
            @Option(names = "--to", defaultValue = "", description = "Publishes to this topic instead.") String to,
            @Option(names = "--rate", defaultValue = "0", description = "Events a second; 0 for no bound.") int rate,
            @Option(names = "--limit", defaultValue = "0", description = "At most so many; 0 for all.") long limit,
            @Option(names = "--dry-run", description = "Only says what would be sent.") boolean dryRun,
            @Option(names = "--wait", description = "Until it is done.") boolean wait,
            @Mixin AdminSession admin) {
        ObjectNode body = choice.body();
        if (!to.isEmpty()) {
            body.put("to", to);
        }
        if (rate > 0) {
            body.put("rate", rate);
        }
        if (limit > 0) {
            body.put("limit", limit);
        }
        return run(admin, topic, "redrive", body, dryRun, wait);
    }

    @Command(name = "discard", description = "Throws dead letters away.")
    int discard(
            @Parameters(paramLabel = "TOPIC") String topic,
            @Mixin Choice choice,
            @Option(names = "--confirm", required = true, description = "The topic once more.") String confirm,
            @Option(names = "--dry-run", description = "Only says what would be gone.") boolean dryRun,
            @Option(names = "--wait", description = "Until it is done.") boolean wait,
            @Mixin AdminSession admin) {
        Confirmation.require("--confirm", topic, confirm);
        return run(admin, topic, "discard", choice.body().put("confirm", confirm), dryRun, wait);
    }

    private static int run(
            AdminSession admin, String topic, String verb, ObjectNode body, boolean dryRun, boolean wait) {
        JsonNode answer = admin.api()
                .act(
                        AdminApi.path(DLQ, topic) + ":" + verb,
                        admin.query("dryRun", dryRun ? "true" : ""),
                        Map.of(),
                        body)
                .required();
        return dryRun
                ? admin.done(
                        "%s of %s would take %s events"
                                .formatted(verb, topic, answer.path("matches").asText()),
                        answer)
                : Operations.follow(admin, answer, verb + " of " + topic, wait);
    }
}
