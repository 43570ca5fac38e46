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
 * @param labels what placements may ask for
 * @param restartExpectedMillis it stops to come back within so long; 0 when it does not say so
 * @param trouble why it wants no more tasks, or empty
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
        Map<String, TaskReport> tasks,
        Map<String, String> labels,
        long restartExpectedMillis,
        String trouble) {

    /** One of a runtime without labels that wants tasks. */
    public Report(
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
        this(
                runtime,
                incarnation,
                seq,
                address,
                roles,
                slots,
                draining,
                observedVersion,
                plugins,
                restarted,
                tasks,
                Map.of(),
                0,
                "");
    }

    /** A connector plugin: kind {@code source} or {@code sink}, name, version and JSON Schema. */
    public record PluginInfo(String kind, String name, String version, String schema) {}

    /**
     * What a runtime says of a task.
     *
     * @param state as the runtime sees it
     * @param error the newest error, or empty
     * @param cpuMillis processor milliseconds a second, smoothed; 0 for unknown
     * @param failure what kind of failure the error is
     * @param stack where it failed, said once; or empty
     * @param failureSeq counts the failures of this run
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
            long events,
            double cpuMillis,
            Failure failure,
            String stack,
            long failureSeq) {

        /** One of a task that never failed. */
        public TaskReport(
                long term,
                long epoch,
                long configRev,
                RunState state,
                long lag,
                double rate,
                long inFlight,
                int restarts,
                String error,
                long events) {
            this(term, epoch, configRev, state, lag, rate, inFlight, restarts, error, events, 0, Failure.NONE, "", 0);
        }

        boolean isUp() {
            return state == RunState.RUNNING || state == RunState.PAUSED;
        }
    }

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

    /** What a failed task needs. */
    public enum Failure {
        NONE,
        /** Time. */
        TRANSIENT,
        /** Another configuration. */
        CONFIG,
        /** Other credentials. */
        AUTH,
        /** Other data. */
        DATA,
        /** More memory or stack, or other classes. */
        EXHAUSTED,
        /** A person, since too many records became dead letters. */
        BREAKER_OPEN
    }
}
