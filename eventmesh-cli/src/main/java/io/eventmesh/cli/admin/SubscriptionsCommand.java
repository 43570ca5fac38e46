package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import io.eventmesh.cli.Times;
import io.eventmesh.common.time.MeshClock;
import java.time.Instant;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh subscriptions}; a subscription's id is {@code group@pattern}. */
@Command(name = "subscriptions", description = "Who reads what, and how far it is behind.")
public final class SubscriptionsCommand {
    private static final String SUBSCRIPTIONS = "subscriptions";
    private static final String EXPECTED = "earliest, latest, @-1h, an RFC 3339 time, or stream:partition:offset";

    @Command(name = "list", description = "All subscriptions with their lag.")
    int list(@Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(SUBSCRIPTIONS),
                admin.query(),
                new Table(
                        "ID", "/metadata/name",
                        "STATE", "/status/state",
                        "MEMBERS", "/status/members",
                        "LAG", "/status/lagEvents",
                        "SECONDS", "/status/lagSeconds",
                        "IN FLIGHT", "/status/inFlight",
                        "PARKED", "/status/parked"));
    }

    @Command(name = "describe", description = "One subscription with its terms, progress and gaps.")
    int describe(@Parameters(paramLabel = "ID") String id, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(SUBSCRIPTIONS, id), admin.query());
    }

    @Command(name = "pause", description = "Holds deliveries back, also over restarts.")
    int pause(@Parameters(paramLabel = "ID") String id, @Mixin AdminSession admin) {
        return act(admin, id, ":pause", "subscription %s is paused".formatted(id), Http.MAPPER.createObjectNode());
    }

    @Command(name = "resume", description = "Delivers again.")
    int resume(@Parameters(paramLabel = "ID") String id, @Mixin AdminSession admin) {
        return act(admin, id, ":resume", "subscription %s goes on".formatted(id), Http.MAPPER.createObjectNode());
    }

    @Command(name = "seek", description = "Reads from elsewhere, with the members it has.")
    int seek(
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--to", required = true, description = EXPECTED) String to,
            @Option(names = "--dry-run", description = "Only says what would be.") boolean dryRun,
            @Mixin AdminSession admin) {
        Map<String, String> query = admin.query("dryRun", dryRun ? "true" : "");
        JsonNode moved = admin.api()
                .act(
                        AdminApi.path(SUBSCRIPTIONS, id) + ":seek",
                        query,
                        Map.of("if-match", "*"),
                        target(to, MeshClock.system()))
                .required();
        return admin.done(
                "subscription %s %s %s events behind"
                        .formatted(
                                id,
                                dryRun ? "would be" : "is",
                                moved.path("lagEvents").asText()),
                moved);
    }

    @Command(name = "delete", description = "Forgets the group and where it was.")
    int delete(@Parameters(paramLabel = "ID") String id, @Mixin AdminSession admin) {
        return admin.delete(AdminApi.path(SUBSCRIPTIONS, id), "subscription %s is gone".formatted(id));
    }

    private static int act(AdminSession admin, String id, String verb, String summary, JsonNode body) {
        return admin.act(
                AdminApi.path(SUBSCRIPTIONS, id) + verb, admin.query(), Map.of("if-match", "*"), summary, body);
    }

    /** Where to, as the API wants it. */
    static ObjectNode target(String to, MeshClock clock) {
        ObjectNode body = Http.MAPPER.createObjectNode();
        if (to.equals("earliest") || to.equals("latest")) {
            return body.put("to", to);
        }
        if (to.startsWith("@-")) {
            Instant then = Instant.ofEpochMilli(clock.millis()).minus(Times.duration("--to", to.substring(2)));
            body.putObject("to").put("time", then.toString());
            return body;
        }
        String[] parts = to.split(":", -1);
        if (parts.length == 3 && parts[1].matches("\\d{1,9}") && parts[2].matches("\\d{1,18}")) {
            body.putObject("to")
                    .put("stream", parts[0])
                    .put("partition", Integer.parseInt(parts[1]))
                    .put("offset", Long.parseLong(parts[2]));
            return body;
        }
        if (!to.contains("T")) {
            throw new CliException(CliException.USAGE, "--to: %s (expected: %s)".formatted(to, EXPECTED), "");
        }
        body.putObject("to")
                .put("time", Times.instant("--to", to, EXPECTED).toInstant().toString());
        return body;
    }
}
