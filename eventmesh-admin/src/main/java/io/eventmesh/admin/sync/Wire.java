package io.eventmesh.admin.sync;

import io.eventmesh.admin.schedule.Directive;
import io.eventmesh.admin.schedule.Report;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskSet;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Between the messages of {@code admin.proto} and the board's own words. */
final class Wire {
    private Wire() {}

    static Report report(RuntimeReport message) {
        Map<String, Report.TaskReport> tasks = new HashMap<>();
        message.getTasksList().forEach(task -> tasks.put(task.getTaskId(), task(task)));
        return new Report(
                message.getRuntimeId(),
                message.getIncarnation(),
                message.getSeq(),
                message.getAddress(),
                message.getRolesList(),
                message.getSlots(),
                message.getDraining(),
                message.getObservedAssignmentVersion(),
                message.getPluginsList().stream()
                        .map(plugin -> new Report.PluginInfo(
                                plugin.getKind(), plugin.getName(), plugin.getVersion(), plugin.getSchema()))
                        .toList(),
                message.getRestarted(),
                tasks);
    }

    private static Report.TaskReport task(io.eventmesh.proto.v1.TaskReport task) {
        String error = task.getErrorClass().isEmpty()
                ? task.getError()
                : "%s: %s".formatted(task.getErrorClass(), task.getError());
        return new Report.TaskReport(
                task.getTerm(),
                task.getEpoch(),
                task.getConfigRev(),
                state(task.getState()),
                task.getLag(),
                task.getRate(),
                task.getInFlight(),
                task.getRestarts(),
                error,
                task.getEvents());
    }

    private static RunState state(io.eventmesh.proto.v1.TaskState state) {
        return switch (state) {
            case TASK_STATE_UNSPECIFIED, STARTING, UNRECOGNIZED -> RunState.STARTING;
            case RUNNING -> RunState.RUNNING;
            case PAUSED -> RunState.PAUSED;
            case DRAINING -> RunState.DRAINING;
            case RELEASED -> RunState.RELEASED;
            case BACKOFF -> RunState.BACKOFF;
            case FAILED -> RunState.FAILED;
            case LOST -> RunState.LOST;
        };
    }

    static AdminDirective directive(Directive directive, long definitionsVersion, Duration lease) {
        AdminDirective.Builder message = AdminDirective.newBuilder()
                .setEchoSeq(directive.echoSeq())
                .setTerm(directive.term())
                .setAssignmentVersion(directive.version())
                .setLeaseMs(directive.refusal().isEmpty() ? lease.toMillis() : 0)
                .setRefuseReason(directive.refusal())
                .setDefinitionsVersion(definitionsVersion);
        directive.tasks().ifPresent(orders -> {
            TaskSet.Builder set = TaskSet.newBuilder();
            orders.forEach(order -> set.addTasks(TaskAssignment.newBuilder()
                    .setTaskId(order.task())
                    .setTerm(order.term())
                    .setEpoch(order.epoch())
                    .setConfigRev(order.configRev())
                    .setTarget(target(order.target()))));
            message.setTasks(set);
        });
        return message.build();
    }

    private static TaskAssignment.Target target(Directive.Target target) {
        return switch (target) {
            case RUN -> TaskAssignment.Target.RUN;
            case PAUSE -> TaskAssignment.Target.PAUSE;
            case DRAIN -> TaskAssignment.Target.DRAIN;
            case STOP -> TaskAssignment.Target.STOP;
        };
    }
}
