package io.eventmesh.cli;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/**
 * The command line client. Exit codes: 0 done, 1 it failed or the mesh refused, 2 the command line is wrong, 3 the mesh
 * cannot be reached.
 */
@Command(
        name = "eventmesh",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        description = "Publishes, subscribes and looks after an event mesh.",
        subcommands = {
            PublishCommand.class,
            SubscribeCommand.class,
            RequestCommand.class,
            ReplyCommand.class,
            QuickstartCommand.class,
            DoctorCommand.class,
            CommandLine.HelpCommand.class
        })
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        System.exit(run(
                new PrintWriter(System.out, true, StandardCharsets.UTF_8),
                new PrintWriter(System.err, true, StandardCharsets.UTF_8),
                args));
    }

    /** Runs a command line and answers its exit code. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine line = new CommandLine(new Main()).setOut(out).setErr(err);
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            CliException problem = CliException.of(failure);
            command.getErr().println("✗ " + problem.reason());
            if (!problem.suggestion().isEmpty()) {
                command.getErr().println("→ " + problem.suggestion());
            }
            return problem.exitCode();
        });
        return line.execute(args);
    }

    /** The version of the jar. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {"eventmesh " + (version == null ? "dev" : version)};
        }
    }
}
