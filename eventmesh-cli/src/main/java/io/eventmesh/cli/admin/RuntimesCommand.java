package io.eventmesh.cli.admin;

import io.eventmesh.cli.Times;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh runtimes}. */
@Command(name = "runtimes", description = "The processes of the mesh.")
public final class RuntimesCommand {
    private static final String RUNTIMES = "runtimes";

    @Command(name = "list", description = "All runtimes that report to the admin.")
    int list(@Mixin Selection selection, @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(RUNTIMES),
                selection.within(AdminApi.query()),
                new Table(
                        "ID", "/metadata/name",
                        "STATE", "/status/state",
                        "ROLES", "/status/roles",
                        "TASKS", "/status/tasks",
                        "SLOTS", "/status/slots",
                        "ADDRESS", "/status/address"));
    }

    @Command(name = "describe", description = "One runtime.")
    int describe(@Parameters(paramLabel = "RUNTIME") String runtime, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(RUNTIMES, runtime), AdminApi.query());
    }

    @Command(name = "cordon", description = "Gives a runtime no more tasks.")
    int cordon(@Parameters(paramLabel = "RUNTIME") String runtime, @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(RUNTIMES, runtime) + ":cordon", "runtime %s gets no more tasks".formatted(runtime));
    }

    @Command(name = "uncordon", description = "Gives a runtime tasks again.")
    int uncordon(@Parameters(paramLabel = "RUNTIME") String runtime, @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(RUNTIMES, runtime) + ":uncordon", "runtime %s gets tasks again".formatted(runtime));
    }

    @Command(name = "drain", description = "Takes all tasks from a runtime, in order.")
    int drain(
            @Parameters(paramLabel = "RUNTIME") String runtime,
            @Option(
                            names = "--timeout",
                            defaultValue = "30s",
                            description =
                                    "How long each task may take for what is in flight (default: ${DEFAULT-VALUE}).")
                    String timeout,
            @Option(names = "--wait", description = "Until it is done.") boolean wait,
            @Mixin AdminSession admin) {
        return Operations.follow(
                admin,
                admin.api()
                        .act(
                                AdminApi.path(RUNTIMES, runtime) + ":drain",
                                admin.query(),
                                Map.of(),
                                AdminSession.body(Map.of(
                                        "timeout",
                                        Times.duration("--timeout", timeout).toString())))
                        .required(),
                "drain of runtime " + runtime,
                wait);
    }

    @Command(name = "rescan", description = "Has a runtime look for connector plugins again.")
    int rescan(@Parameters(paramLabel = "RUNTIME") String runtime, @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(RUNTIMES, runtime, "plugins") + ":rescan",
                "runtime %s has looked for plugins again".formatted(runtime));
    }

    @Command(name = "undrain", description = "Ends a drain: the runtime gets tasks again.")
    int undrain(@Parameters(paramLabel = "RUNTIME") String runtime, @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(RUNTIMES, runtime) + ":undrain", "runtime %s gets tasks again".formatted(runtime));
    }
}
