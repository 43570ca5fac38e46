package io.eventmesh.admin.schedule;

import io.eventmesh.admin.schedule.Report.PluginInfo;
import java.util.List;

/**
 * What a runtime found out.
 *
 * @param runtime which one
 * @param checks in the order in which they were made
 * @param plugins all that it can run, when that was asked
 */
public record AskAnswer(String runtime, List<Check> checks, List<PluginInfo> plugins) {
    public AskAnswer {
        checks = List.copyOf(checks);
        plugins = List.copyOf(plugins);
    }

    /**
     * One check.
     *
     * @param name SCHEMA, PLUGIN, SECRETS or PROBE
     * @param status PASS, FAIL or SKIPPED
     */
    public record Check(String name, String status, long millis, List<FieldProblem> problems) {
        public Check {
            problems = List.copyOf(problems);
        }
    }

    /**
     * What is wrong with a field.
     *
     * @param path JSON pointer into the configuration
     * @param suggestion empty for none
     */
    public record FieldProblem(String path, String message, String suggestion) {}
}
