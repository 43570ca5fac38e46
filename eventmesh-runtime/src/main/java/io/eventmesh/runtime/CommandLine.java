package io.eventmesh.runtime;

import io.eventmesh.common.config.ConfigKeys;
import io.eventmesh.common.error.ConfigException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What was asked for at the shell.
 *
 * @param action what to do
 * @param role {@code standalone}, or a comma list of roles
 * @param config the file, if one was named
 * @param settings {@code --set key=value}
 */
record CommandLine(Action action, String role, Optional<Path> config, Map<String, String> settings) {
    /** What a process is started for. */
    enum Action {
        RUN,
        TRY,
        CHECK_CONFIG,
        PRINT_CONFIG,
        HELP,
        VERSION
    }

    static final String USAGE = """
            Usage: bin/start.sh [--role=ROLES] [--config=FILE] [--set KEY=VALUE]...
              --role=ROLES      mesh, connector, function, admin, a comma list of them, or standalone (default)
              --config=FILE     configuration (default: conf/eventmesh.yaml)
              --set KEY=VALUE   sets a configuration key, such as mesh.http.port=0; wins over file and environment
              --try             starts everything, and ends as soon as it is ready
              --check-config    checks the configuration and ends: 0 when it is good, 2 when not
              --print-config    prints the configuration in effect, secrets masked, and ends
              --version         prints the version and ends
              --help            prints this and ends
            """;

    private static final List<String> WITH_VALUE = List.of("--role", "--config", "--set");
    private static final List<String> KNOWN =
            List.of("--role", "--config", "--set", "--try", "--check-config", "--print-config", "--version", "--help");

    /** @throws ConfigException naming every argument that is not understood */
    static CommandLine parse(String... arguments) {
        Action action = Action.RUN;
        String role = RoleNames.STANDALONE;
        Optional<Path> config = Optional.empty();
        Map<String, String> settings = new LinkedHashMap<>();
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            int equals = argument.startsWith("--") ? argument.indexOf('=') : -1;
            String option = equals < 0 ? argument : argument.substring(0, equals);
            String value = equals < 0 ? "" : argument.substring(equals + 1);
            if (equals < 0 && WITH_VALUE.contains(option)) {
                value = i + 1 < arguments.length ? arguments[++i] : "";
            }
            if (WITH_VALUE.contains(option) && value.isBlank()) {
                problems.add(option + ": no value (expected: " + option + "=…)");
                continue;
            }
            switch (option) {
                case "--role" -> role = value;
                case "--config" -> config = Optional.of(Path.of(value));
                case "--set" -> set(value, settings, problems);
                case "--try" -> action = Action.TRY;
                case "--check-config" -> action = Action.CHECK_CONFIG;
                case "--print-config" -> action = Action.PRINT_CONFIG;
                case "--version" -> action = Action.VERSION;
                case "--help", "-h" -> action = Action.HELP;
                default ->
                    problems.add(ConfigKeys.nearest(option, KNOWN)
                            .map(near -> "%s: unknown option (did you mean: %s?)".formatted(option, near))
                            .orElse("%s: unknown option (expected one of: %s)".formatted(option, KNOWN)));
            }
        }
        if (!problems.isEmpty()) {
            throw new ConfigException("the command line", problems);
        }
        return new CommandLine(action, role, config, settings);
    }

    private static void set(String pair, Map<String, String> settings, List<String> problems) {
        int equals = pair.indexOf('=');
        if (equals < 1) {
            problems.add("--set: '%s' (expected: key=value)".formatted(pair));
        } else {
            settings.put(pair.substring(0, equals).strip(), pair.substring(equals + 1));
        }
    }
}
