package io.eventmesh.cli;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code eventmesh quickstart}: publishes, receives, matches a rule and runs a connector task against a running mesh,
 * and says of each whether it was seen to work.
 */
@Command(name = "quickstart", description = "Tries the mesh out, one checked line a step. Cleans up after itself.")
final class QuickstartCommand implements Callable<Integer> {
    @Option(
            names = "--break",
            paramLabel = "STEP",
            description = "Spoils a step on purpose: publish, receive, rule or connector; must end with exit code 1.")
    @Nullable
    String broken;

    @Option(
            names = "--wait",
            paramLabel = "SECONDS",
            defaultValue = "20",
            description = "How long a step may take before it counts as failed (default: ${DEFAULT-VALUE}).")
    int wait;

    @Mixin
    Addresses addresses = new Addresses();

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() {
        List<QuickstartStep> steps = QuickstartSteps.all();
        if (broken != null && steps.stream().noneMatch(step -> step.name().equals(broken))) {
            throw new CliException(
                    CliException.USAGE,
                    "--break: %s (expected one of: %s)"
                            .formatted(
                                    broken,
                                    steps.stream().map(QuickstartStep::name).toList()),
                    "");
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        for (QuickstartStep step : steps) {
            try (QuickstartRun run =
                    new QuickstartRun(addresses, step.name().equals(broken), Duration.ofSeconds(wait))) {
                String seen = step.attempt(run);
                out.printf("✓ %-10s %s%n", step.name(), seen);
                out.printf("             %s%n", step.byHand(run));
                out.flush();
            } catch (CliException failure) {
                throw new CliException(
                        failure.exitCode(),
                        "step %s failed: %s".formatted(step.name(), failure.reason()),
                        failure.suggestion().isEmpty() ? "bin/eventmesh doctor" : failure.suggestion());
            }
        }
        out.println("All steps were seen to work.");
        out.flush();
        return 0;
    }
}
