package io.eventmesh.admin.sync;

import com.google.protobuf.ByteString;
import io.eventmesh.admin.database.ConnectorRow;
import io.eventmesh.admin.database.ConnectorTable;
import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.PositionTable;
import io.eventmesh.admin.database.RevisionRow;
import io.eventmesh.admin.database.RevisionTable;
import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.definition.Handling;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.placement.RulePlacement;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.Timing;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.AskAnswered;
import io.eventmesh.proto.v1.CommitPositionsAnswer;
import io.eventmesh.proto.v1.CommitPositionsRequest;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.GetDefinitionsRequest;
import io.eventmesh.proto.v1.GetPositionsAnswer;
import io.eventmesh.proto.v1.GetPositionsRequest;
import io.eventmesh.proto.v1.GetTaskRequest;
import io.eventmesh.proto.v1.Position;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskDefinition;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The calls of runtimes. Sync is the leader's; the others are answered by every admin, since the database itself guards
 * what they write.
 *
 * <p>Called on I/O threads; whatever touches the database is handed to the blocking executor.
 */
final class AdminCalls extends AdminServiceGrpc.AdminServiceImplBase {
    private static final Logger log = LoggerFactory.getLogger(AdminCalls.class);

    private final Database database;
    private final Leader leader;
    private final Rules rules;
    private final MeshClock clock;
    private final Executor blocking;
    private final Timing timing;
    private final RulePlacement placement;

    AdminCalls(Database database, Leader leader, Rules rules, MeshClock clock, Executor blocking, Timing timing) {
        this.database = database;
        this.leader = leader;
        this.rules = rules;
        this.clock = clock;
        this.blocking = blocking;
        this.timing = timing;
        this.placement = new RulePlacement(clock);
    }

    @Override
    public StreamObserver<RuntimeReport> sync(StreamObserver<AdminDirective> out) {
        return new SyncLine(leader, (ServerCallStreamObserver<AdminDirective>) out, timing, placement);
    }

    @Override
    public void getTask(GetTaskRequest request, StreamObserver<TaskDefinition> out) {
        answer(out, () -> database.transaction(handle -> task(handle, request)));
    }

    private static TaskDefinition task(Handle handle, GetTaskRequest request) {
        String id = request.getTaskId();
        TaskRow task = TaskTable.find(handle, id).orElseThrow(() -> noTask(id));
        ConnectorRow connector = ConnectorTable.ofTask(handle, id).orElseThrow(() -> noTask(id));
        long rev = request.getConfigRev() == 0 ? task.configRev() : request.getConfigRev();
        RevisionRow revision = RevisionTable.find(handle, connector.id(), rev)
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.NOT_FOUND,
                        "config revision: %d (expected: one that is kept; the task's is %d)"
                                .formatted(rev, task.configRev())));
        TaskDefinition.Builder definition = TaskDefinition.newBuilder()
                .setTaskId(id)
                .setConfigRev(rev)
                .setNamespace(connector.namespace())
                .setConnector(connector.name())
                .setKind(connector.kind())
                .setPlugin(connector.plugin())
                .setPluginVersion(revision.pluginVersion())
                .setTopic(revision.topic())
                .setConfig(revision.config())
                .setOrdinal(task.ordinal())
                .setTasksMax(revision.tasksMax());
        Handling.tell(revision.handling(), definition);
        return definition.build();
    }

    private static EventMeshException noTask(String id) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND, "task: '%s' (expected: an existing one)".formatted(Names.shown(id)));
    }

    @Override
    public void getDefinitions(GetDefinitionsRequest request, StreamObserver<Definitions> out) {
        answer(out, () -> rules.snapshot(request.getRolesList()));
    }

    @Override
    public void getPositions(GetPositionsRequest request, StreamObserver<GetPositionsAnswer> out) {
        answer(out, () -> {
            GetPositionsAnswer.Builder answer = GetPositionsAnswer.newBuilder();
            database.transaction(handle ->
                            PositionTable.read(handle, request.getTaskId(), request.getTerm(), request.getEpoch()))
                    .forEach(position -> answer.addPositions(Position.newBuilder()
                            .setPartition(position.partition())
                            .setSeq(position.seq())
                            .setValue(ByteString.copyFrom(position.value()))));
            return answer.build();
        });
    }

    @Override
    public void commitPositions(CommitPositionsRequest request, StreamObserver<CommitPositionsAnswer> out) {
        answer(
                out,
                () -> database.transaction(handle -> {
                    PositionTable.commit(
                            handle,
                            request.getTaskId(),
                            request.getTerm(),
                            request.getEpoch(),
                            request.getPositionsList().stream()
                                    .map(position -> new PositionTable.Position(
                                            position.getPartition(),
                                            position.getSeq(),
                                            position.getValue().toByteArray()))
                                    .toList(),
                            clock.millis());
                    return CommitPositionsAnswer.getDefaultInstance();
                }));
    }

    @Override
    public void answerAsk(AskAnswer request, StreamObserver<AskAnswered> out) {
        try {
            leader.answered(request.getId(), Wire.answer(request));
        } catch (EventMeshException refused) {
            refuse(out, refused);
            return;
        }
        out.onNext(AskAnswered.getDefaultInstance());
        out.onCompleted();
    }

    private <A> void answer(StreamObserver<A> out, Supplier<A> work) {
        try {
            blocking.execute(() -> {
                A answer;
                try {
                    answer = work.get();
                } catch (RuntimeException failure) {
                    refuse(out, failure);
                    return;
                }
                out.onNext(answer);
                out.onCompleted();
            });
        } catch (RuntimeException full) {
            refuse(out, full);
        }
    }

    private void refuse(StreamObserver<?> out, RuntimeException failure) {
        EventMeshException refusal = EventMeshException.of(failure);
        if (refusal.code() == ErrorCode.INTERNAL) {
            log.error("Call of a runtime failed.", failure);
        }
        out.onError(Statuses.of(refusal, leader.leaderAddress()));
    }
}
