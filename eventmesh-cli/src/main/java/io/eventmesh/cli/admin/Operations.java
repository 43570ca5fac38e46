package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.cli.CliException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** What takes its time at the admin. Stateless. */
final class Operations {
    static final String OPERATIONS = "operations";
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private Operations() {}

    /** Says that it began, or waits for its end; exit code 1 when it did not succeed. */
    static int follow(AdminSession admin, JsonNode begun, String what, boolean wait) {
        String id = begun.path("id").asText();
        if (!wait) {
            return admin.done("%s began: operation %s".formatted(what, id), begun);
        }
        JsonNode now = begun;
        while (!isEnded(now)) {
            LockSupport.parkNanos(LOOK_NANOS);
            now = admin.api()
                    .get(AdminApi.path(OPERATIONS, id), AdminApi.query())
                    .required();
        }
        String state = now.path("state").asText();
        String summary = "%s: %s, %s done, %s failed, %s skipped"
                .formatted(
                        what,
                        state,
                        now.at("/progress/done").asText("0"),
                        now.at("/progress/failed").asText("0"),
                        now.at("/progress/skipped").asText("0"));
        if (!state.equals("SUCCEEDED")) {
            throw new CliException(
                    CliException.FAILED,
                    summary + " " + now.path("error").asText(""),
                    "eventmesh operations describe " + id);
        }
        return admin.done(summary, now);
    }

    private static boolean isEnded(JsonNode operation) {
        return switch (operation.path("state").asText()) {
            case "SUCCEEDED", "FAILED", "CANCELLED" -> true;
            default -> false;
        };
    }
}
