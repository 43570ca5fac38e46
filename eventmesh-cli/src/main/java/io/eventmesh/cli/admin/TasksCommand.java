package io.eventmesh.cli.admin;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh tasks}. */
@Command(name = "tasks", description = "The running parts of connectors.")
public final class TasksCommand {
    private static final String TASKS = "tasks";

    @Command(name = "list", description = "All tasks: where they run and how they are.")
    int list(
            @Option(names = "--connector", defaultValue = "", description = "Only of this connector.") String connector,
            @Mixin Selection selection,
            @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(TASKS),
                selection.within(admin.query("connector", connector)),
                new Table(
                        "ID", "/metadata/name",
                        "CONNECTOR", "/spec/connector",
                        "STATE", "/status/state",
                        "RUNTIME", "/status/runtime",
                        "EPOCH", "/status/epoch",
                        "LAG", "/status/lag",
                        "REASON", "/status/reason",
                        "ERROR", "/status/error"));
    }

    @Command(name = "assignments", description = "Which runtime has which task, and under which right.")
    int assignments(
            @Option(names = "--connector", defaultValue = "", description = "Only of this connector.") String connector,
            @Option(names = "--runtime", defaultValue = "", description = "Only of this runtime.") String runtime,
            @Mixin Selection selection,
            @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path("assignments"),
                selection.within(admin.query("connector", connector, "runtime", runtime)),
                new Table(
                        "TASK", "/task",
                        "RUNTIME", "/runtime",
                        "STATE", "/state",
                        "TERM", "/term",
                        "EPOCH", "/epoch",
                        "SINCE", "/since",
                        "REASON", "/reason"));
    }

    @Command(name = "describe", description = "One task with its history.")
    int describe(@Parameters(paramLabel = "TASK") String task, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(TASKS, task), admin.query());
    }

    @Command(name = "events", description = "What became of a task, newest first.")
    int events(
            @Parameters(paramLabel = "TASK") String task,
            @Option(names = "--limit", defaultValue = "50", description = "Default: ${DEFAULT-VALUE}.") int limit,
            @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(TASKS, task, "events"),
                admin.query(),
                new Table("AT", "/at", "EPOCH", "/epoch", "KIND", "/kind", "MESSAGE", "/message"),
                limit);
    }

    @Command(name = "pause", description = "Holds a task still where it is.")
    int pause(@Parameters(paramLabel = "TASK") String task, @Mixin AdminSession admin) {
        return act(admin, task, "pause");
    }

    @Command(name = "resume", description = "Lets a task do again what its connector does.")
    int resume(@Parameters(paramLabel = "TASK") String task, @Mixin AdminSession admin) {
        return act(admin, task, "resume");
    }

    @Command(name = "stop", description = "Closes a task; its position stays.")
    int stop(@Parameters(paramLabel = "TASK") String task, @Mixin AdminSession admin) {
        return act(admin, task, "stop");
    }

    @Command(name = "restart", description = "Closes a task and opens it again.")
    int restart(@Parameters(paramLabel = "TASK") String task, @Mixin AdminSession admin) {
        return act(admin, task, "restart");
    }

    @Command(name = "move", description = "Takes a task to another runtime.")
    int move(
            @Parameters(paramLabel = "TASK") String task,
            @Option(names = "--to", defaultValue = "", description = "The runtime; without it, any other.")
                    String runtime,
            @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(TASKS, task) + ":move",
                "task %s: move to %s asked for".formatted(task, runtime.isEmpty() ? "any other runtime" : runtime),
                AdminSession.body(Map.of("runtime", runtime)));
    }

    private static int act(AdminSession admin, String task, String verb) {
        return admin.act(AdminApi.path(TASKS, task) + ":" + verb, "task %s: %s asked for".formatted(task, verb));
    }
}
