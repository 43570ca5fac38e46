package io.eventmesh.cli.admin;

import io.eventmesh.cli.CliException;
import io.eventmesh.common.error.ErrorCode;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code eventmesh errors}: what a code means; asks nobody. */
@Command(name = "errors", description = "What error codes mean, and whether trying again helps.")
public final class ErrorsCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "CODE", description = "A number or a name; without it, all.")
    @Nullable
    String code;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() {
        ErrorCode[] shown = Arrays.stream(ErrorCode.values())
                .filter(each -> code == null
                        || each.name().equalsIgnoreCase(code)
                        || Integer.toString(each.number()).equals(code))
                .toArray(ErrorCode[]::new);
        if (shown.length == 0) {
            throw new CliException(
                    CliException.USAGE,
                    "CODE: %s (expected: such as 1001 or EVENT_INVALID)".formatted(code),
                    "eventmesh errors");
        }
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        for (ErrorCode each : shown) {
            out.printf("%d  %-24s  retry: %-14s  %s%n", each.number(), each, each.retry(), each.meaning());
        }
        out.flush();
        return 0;
    }
}
