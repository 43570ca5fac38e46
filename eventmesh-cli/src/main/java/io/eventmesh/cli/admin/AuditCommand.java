package io.eventmesh.cli.admin;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eventmesh audit}. */
@Command(name = "audit", description = "Who changed what, newest first.")
public final class AuditCommand implements Callable<Integer> {
    @Option(names = "--actor", defaultValue = "", description = "Only of this one.")
    String actor = "";

    @Option(names = "--resource", defaultValue = "", description = "Only of this resource, such as connectors/orders.")
    String resource = "";

    @Option(names = "--limit", defaultValue = "50", description = "Default: ${DEFAULT-VALUE}.")
    int limit;

    @Mixin
    AdminSession admin = new AdminSession();

    @Override
    public Integer call() {
        return admin.list(
                AdminApi.path("audit"),
                AdminApi.query("actor", actor, "resource", resource),
                new Table(
                        "AT", "/at",
                        "ACTOR", "/actor",
                        "OPERATION", "/operation",
                        "RESOURCE", "/resource",
                        "OUTCOME", "/outcome",
                        "CODE", "/code"),
                limit);
    }
}
