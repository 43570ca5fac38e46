package io.eventmesh.cli.admin;

import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code eventmesh diff}. */
@Command(name = "diff", description = "Says how files and the admin differ; exit code 1 when they do. Changes nothing.")
public final class DiffCommand implements Callable<Integer> {
    @Mixin
    ApplyCommand.Files files = new ApplyCommand.Files();

    @Option(names = "--prune", description = "Also what came from files before and is in none any more.")
    boolean prune;

    @Mixin
    AdminSession admin = new AdminSession();

    @Override
    public Integer call() throws IOException {
        Plan plan = files.plan(admin, prune, false);
        if (admin.format == Format.TABLE) {
            plan.print(admin.out());
        } else {
            admin.done(plan.isEmpty() ? "no difference" : "they differ", plan.json());
        }
        return plan.isEmpty() ? 0 : 1;
    }
}
