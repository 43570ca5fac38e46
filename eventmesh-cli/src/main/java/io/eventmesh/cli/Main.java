package io.eventmesh.cli;

import io.eventmesh.cli.admin.AdminSession;
import io.eventmesh.cli.admin.ApplyCommand;
import io.eventmesh.cli.admin.AuditCommand;
import io.eventmesh.cli.admin.BusesCommand;
import io.eventmesh.cli.admin.ConnectorsCommand;
import io.eventmesh.cli.admin.CredentialsCommand;
import io.eventmesh.cli.admin.DiffCommand;
import io.eventmesh.cli.admin.DlqCommand;
import io.eventmesh.cli.admin.ErrorsCommand;
import io.eventmesh.cli.admin.ExportCommand;
import io.eventmesh.cli.admin.OperationsCommand;
import io.eventmesh.cli.admin.RulesCommand;
import io.eventmesh.cli.admin.RuntimesCommand;
import io.eventmesh.cli.admin.StreamsCommand;
import io.eventmesh.cli.admin.SubscriptionsCommand;
import io.eventmesh.cli.admin.TasksCommand;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import picocli.AutoComplete;
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
            ConnectorsCommand.class,
            TasksCommand.class,
            RuntimesCommand.class,
            StreamsCommand.class,
            SubscriptionsCommand.class,
            DlqCommand.class,
            BusesCommand.class,
            CredentialsCommand.class,
            RulesCommand.class,
            ApplyCommand.class,
            DiffCommand.class,
            ExportCommand.class,
            OperationsCommand.class,
            AuditCommand.class,
            ErrorsCommand.class,
            AutoComplete.GenerateCompletion.class,
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

    /** All commands. */
    static CommandLine line() {
        return new CommandLine(new Main()).setCaseInsensitiveEnumValuesAllowed(true);
    }

    /** Runs a command line and answers its exit code. */
    static int run(PrintWriter out, PrintWriter err, String... args) {
        CommandLine line = line().setOut(out).setErr(err);
        line.setExecutionExceptionHandler((failure, command, parsed) -> {
            CliException problem = CliException.of(failure);
            if (isToldAsEnvelope(command, problem)) {
                return problem.exitCode();
            }
            command.getErr().println("✗ " + problem.reason());
            if (!problem.suggestion().isEmpty()) {
                command.getErr().println("→ " + problem.suggestion());
            }
            return problem.exitCode();
        });
        return line.execute(args);
    }

    /** Whether the command's answers are for programs, and its failure was told as such. */
    private static boolean isToldAsEnvelope(CommandLine command, CliException problem) {
        Collection<CommandLine.Model.CommandSpec> mixins =
                command.getCommandSpec().mixins().values();
        for (CommandLine.Model.CommandSpec mixin : mixins) {
            if (mixin.userObject() instanceof AdminSession session) {
                return session.failed(problem);
            }
        }
        return false;
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
