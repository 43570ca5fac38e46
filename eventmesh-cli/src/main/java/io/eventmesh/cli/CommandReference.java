package io.eventmesh.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The reference of the command line, from the commands themselves. Stateless. */
public final class CommandReference {
    /** Options that many commands have are told once. */
    private static final int SHARED = 8;

    private CommandReference() {}

    /** All verbs as a Markdown page. */
    public static String markdown() {
        List<CommandSpec> leaves = new ArrayList<>();
        collect(Main.line().getCommandSpec(), leaves);
        Set<String> shared = shared(leaves);
        StringBuilder page = new StringBuilder("""
                # Command line

                Generated from the commands themselves. `bin/eventmesh help VERB` says the same.

                Exit codes: 0 done, 1 it failed or was refused, 2 the command line or a file is wrong, 3 nothing answers.
                Reads print the API's JSON with `-o json`; what changes something prints `{command, ok, summary, result, error}`.

                | everywhere it makes sense | |
                |---|---|
                """);
        for (OptionSpec option : options(leaves, shared)) {
            page.append(row(String.join(", ", option.names()), option));
        }
        for (CommandSpec leaf : leaves) {
            page.append("\n## ")
                    .append(leaf.qualifiedName())
                    .append("\n\n")
                    .append(text(leaf))
                    .append('\n');
            List<String> rows = new ArrayList<>();
            for (PositionalParamSpec parameter : leaf.positionalParameters()) {
                rows.add(row(parameter.paramLabel(), parameter));
            }
            for (OptionSpec option : leaf.options()) {
                if (!option.hidden()
                        && !shared.contains(option.longestName())
                        && !option.usageHelp()
                        && !option.versionHelp()) {
                    rows.add(row(String.join(", ", option.names()), option));
                }
            }
            if (!rows.isEmpty()) {
                page.append("\n| | |\n|---|---|\n");
                rows.forEach(page::append);
            }
        }
        return page.toString();
    }

    private static void collect(CommandSpec spec, List<CommandSpec> leaves) {
        if (spec.subcommands().isEmpty()) {
            leaves.add(spec);
        }
        for (CommandLine child : spec.subcommands().values()) {
            if (!child.getCommandName().equals("help") && !leaves.contains(child.getCommandSpec())) {
                collect(child.getCommandSpec(), leaves);
            }
        }
    }

    private static Set<String> shared(List<CommandSpec> leaves) {
        Set<String> shared = new TreeSet<>();
        for (CommandSpec leaf : leaves) {
            for (OptionSpec option : leaf.options()) {
                String name = option.longestName();
                long others = leaves.stream()
                        .filter(other -> other.findOption(name) != null
                                && text(other.findOption(name)).equals(text(option)))
                        .count();
                if (others >= SHARED && !option.usageHelp() && !option.versionHelp()) {
                    shared.add(name);
                }
            }
        }
        return shared;
    }

    private static List<OptionSpec> options(List<CommandSpec> leaves, Set<String> names) {
        List<OptionSpec> found = new ArrayList<>();
        for (String name : names) {
            leaves.stream()
                    .filter(leaf -> leaf.findOption(name) != null)
                    .findFirst()
                    .ifPresent(leaf -> found.add(leaf.findOption(name)));
        }
        return found;
    }

    private static String row(String name, ArgSpec argument) {
        return "| `%s` | %s%s |%n"
                .formatted(
                        name,
                        argument.required() ? "required. " : "",
                        text(argument).replace("|", "\\|"));
    }

    /** Environment variables and system properties are not looked up: the page is the same everywhere. */
    private static String text(ArgSpec argument) {
        String written = argument.defaultValue() == null ? "" : argument.defaultValue();
        String value = written.startsWith("${env:") ? written.replaceAll(".*:-|}$", "") : written;
        StringBuilder candidates = new StringBuilder();
        if (argument.completionCandidates() != null) {
            for (String candidate : argument.completionCandidates()) {
                candidates.append(candidates.length() == 0 ? "" : ", ").append(candidate);
            }
        }
        return String.join(" ", argument.description())
                .replace("${DEFAULT-VALUE}", value)
                .replace("${COMPLETION-CANDIDATES}", candidates.toString());
    }

    private static String text(CommandSpec command) {
        return Ansi.OFF.string(String.join(" ", command.usageMessage().description()));
    }
}
