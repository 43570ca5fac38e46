package io.eventmesh.admin.sync;

import com.google.protobuf.ByteString;
import io.eventmesh.admin.schedule.Ask;
import io.eventmesh.admin.schedule.AskAnswer;
import io.eventmesh.admin.schedule.Directive;
import io.eventmesh.admin.schedule.Report;
import io.eventmesh.admin.schedule.Report.RunState;
import io.eventmesh.admin.schedule.Timing;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.FailureClass;
import io.eventmesh.proto.v1.Plugin;
import io.eventmesh.proto.v1.RescanPlugins;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskSet;
import io.eventmesh.proto.v1.ValidateConnector;
import java.util.HashMap;
import java.util.List;
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
                plugins(message.getPluginsList()),
                message.getRestarted(),
                tasks,
                message.getLabelsMap(),
                message.getRestartExpectedMs(),
                message.getTrouble());
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
                task.getEvents(),
                task.getCpuMs(),
                failure(task.getFailure()),
                task.getStack(),
                task.getFailureSeq());
    }

    private static Report.Failure failure(FailureClass failure) {
        return switch (failure) {
            case FAILURE_NONE, UNRECOGNIZED -> Report.Failure.NONE;
            case TRANSIENT -> Report.Failure.TRANSIENT;
            case CONFIG -> Report.Failure.CONFIG;
            case AUTH -> Report.Failure.AUTH;
            case DATA -> Report.Failure.DATA;
            case EXHAUSTED -> Report.Failure.EXHAUSTED;
            case BREAKER_OPEN -> Report.Failure.BREAKER_OPEN;
        };
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

    static AdminDirective.Builder directive(
            Directive directive, long definitionsVersion, byte[] leaseToken, Timing timing) {
        AdminDirective.Builder message = AdminDirective.newBuilder()
                .setEchoSeq(directive.echoSeq())
                .setTerm(directive.term())
                .setAssignmentVersion(directive.version())
                .setLeaseMs(directive.refusal().isEmpty() ? timing.lease().toMillis() : 0)
                .setGraceMs(timing.grace().toMillis())
                .setLeaseToken(ByteString.copyFrom(leaseToken))
                .setCordoned(directive.cordoned())
                .setRefuseReason(directive.refusal())
                .setDefinitionsVersion(definitionsVersion);
        directive.tasks().ifPresent(orders -> {
            TaskSet.Builder set = TaskSet.newBuilder();
            orders.forEach(order -> set.addTasks(TaskAssignment.newBuilder()
                    .setTaskId(order.task())
                    .setTerm(order.term())
                    .setEpoch(order.epoch())
                    .setConfigRev(order.configRev())
                    .setTarget(target(order.target()))
                    .setDrainMs(order.drainMillis())));
            message.setTasks(set);
        });
        directive.questions().forEach(question -> message.addAsks(question(question)));
        return message;
    }

    private static io.eventmesh.proto.v1.Ask question(Directive.Question question) {
        io.eventmesh.proto.v1.Ask.Builder message =
                io.eventmesh.proto.v1.Ask.newBuilder().setId(question.id());
        if (question.ask() instanceof Ask.Connector ask) {
            message.setValidate(ValidateConnector.newBuilder()
                    .setKind(ask.kind())
                    .setPlugin(ask.plugin())
                    .setConfig(ask.config())
                    .setTopic(ask.topic())
                    .setProbe(ask.probe()));
        } else {
            message.setRescan(RescanPlugins.getDefaultInstance());
        }
        return message.build();
    }

    static AskAnswer answer(io.eventmesh.proto.v1.AskAnswer message) {
        return new AskAnswer(
                message.getRuntimeId(),
                message.getChecksList().stream()
                        .map(check -> new AskAnswer.Check(
                                check.getName(),
                                check.getStatus(),
                                check.getMillis(),
                                check.getProblemsList().stream()
                                        .map(problem -> new AskAnswer.FieldProblem(
                                                problem.getPath(), problem.getMessage(), problem.getSuggestion()))
                                        .toList()))
                        .toList(),
                plugins(message.getPluginsList()));
    }

    private static List<Report.PluginInfo> plugins(List<Plugin> plugins) {
        return plugins.stream()
                .map(plugin -> new Report.PluginInfo(
                        plugin.getKind(), plugin.getName(), plugin.getVersion(), plugin.getSchema()))
                .toList();
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
