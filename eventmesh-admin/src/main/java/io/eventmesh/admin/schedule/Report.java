package io.eventmesh.admin.schedule;

import java.util.List;
import java.util.Map;

/**
 * What a runtime says of itself.
 *
 * @param seq numbers the reports of an incarnation
 * @param slots how many tasks it will run
 * @param observedVersion the newest set of tasks that it has
 * @param plugins the connector plugins it can run, empty when it said so before
 * @param restarted older incarnations of the same id are certainly gone
 * @param tasks what it runs, by task id
 */
public record Report(
        String runtime,
        String incarnation,
        long seq,
        String address,
        List<String> roles,
        int slots,
        boolean draining,
        long observedVersion,
        List<PluginInfo> plugins,
        boolean restarted,
        Map<String, TaskReport> tasks) {

    /** A connector plugin: kind {@code source} or {@code sink}, name, version and JSON Schema. */
    public record PluginInfo(String kind, String name, String version, String schema) {}

    /**
     * What a runtime says of a task.
     *
     * @param state as the runtime sees it
     * @param error the newest error, or empty
     */
    public record TaskReport(
            long term,
            long epoch,
            long configRev,
            RunState state,
            long lag,
            double rate,
            long inFlight,
            int restarts,
            String error,
            long events) {}

    /** How a task is at its owner. */
    public enum RunState {
        STARTING,
        RUNNING,
        PAUSED,
        DRAINING,
        /** Stopped in order, positions committed. */
        RELEASED,
        BACKOFF,
        FAILED,
        /** Fenced off after its lease. */
        LOST
    }
}
