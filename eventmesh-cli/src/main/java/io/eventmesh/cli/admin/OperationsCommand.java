package io.eventmesh.cli.admin;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh operations}. */
@Command(name = "operations", description = "What takes its time: redrives, drains, purges.")
public final class OperationsCommand {
    @Command(name = "list", description = "Operations, newest first.")
    int list(
            @Option(names = "--state", defaultValue = "", description = "Such as RUNNING.") String state,
            @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(Operations.OPERATIONS),
                AdminApi.query("state", state),
                new Table(
                        "ID", "/id",
                        "KIND", "/kind",
                        "STATE", "/state",
                        "RESOURCE", "/resource",
                        "DONE", "/progress/done",
                        "TOTAL", "/progress/total",
                        "FAILED", "/progress/failed",
                        "SINCE", "/createdAt"));
    }

    @Command(name = "describe", description = "One operation.")
    int describe(@Parameters(paramLabel = "ID") String id, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(Operations.OPERATIONS, id), AdminApi.query());
    }

    @Command(name = "wait", description = "Waits for its end; exit code 1 when it did not succeed.")
    int await(@Parameters(paramLabel = "ID") String id, @Mixin AdminSession admin) {
        return Operations.follow(
                admin,
                admin.api()
                        .get(AdminApi.path(Operations.OPERATIONS, id), AdminApi.query())
                        .required(),
                "operation " + id,
                true);
    }

    @Command(name = "cancel", description = "Ends it at its next step.")
    int cancel(@Parameters(paramLabel = "ID") String id, @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(Operations.OPERATIONS, id) + ":cancel", "operation %s is told to end".formatted(id));
    }
}
