package io.eventmesh.cli.admin;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eventmesh apply}. */
@Command(
        name = "apply",
        description =
                "Makes buses, credentials, connectors and rules as files say; plans first, and changes only what differs.")
public final class ApplyCommand implements Callable<Integer> {
    @Mixin
    Files files = new Files();

    @Option(names = "--dry-run", description = "Only says what would be done.")
    boolean dryRun;

    @Option(names = "--prune", description = "Deletes what came from files before and is in none any more.")
    boolean prune;

    @Option(
            names = "--force",
            description = "Also stores connectors whose plugin is unknown or whose configuration is wrong.")
    boolean force;

    @Mixin
    AdminSession admin = new AdminSession();

    /** Where documents are, and whose they are. */
    static final class Files {
        @Option(
                names = {"-f", "--file"},
                required = true,
                description = "File or directory of YAML or JSON; - is standard input. May be given again.")
        List<String> sources = List.of();

        @Option(
                names = "--managed-by",
                defaultValue = "files",
                description = "Name under which they are kept (default: ${DEFAULT-VALUE}).")
        String manager = "";

        Plan plan(AdminSession admin, boolean prune, boolean force) throws IOException {
            return Plan.of(admin, new Documents(admin.namespace).read(sources), manager, prune, force);
        }
    }

    @Override
    public Integer call() throws IOException {
        Plan plan = files.plan(admin, prune, force);
        if (admin.format == Format.TABLE) {
            plan.print(admin.out());
        }
        return dryRun ? planned(plan) : admin.done(plan.apply(), plan.json());
    }

    private int planned(Plan plan) {
        return admin.format == Format.TABLE ? 0 : admin.done("nothing was changed", plan.json());
    }
}
