package io.eventmesh.runtime.admin;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.AdminServiceGrpc;
import io.eventmesh.proto.v1.Ask;
import io.eventmesh.proto.v1.AskAnswer;
import io.eventmesh.proto.v1.AskAnswered;
import io.eventmesh.proto.v1.CommitPositionsAnswer;
import io.eventmesh.proto.v1.CommitPositionsRequest;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.GetDefinitionsRequest;
import io.eventmesh.proto.v1.GetPositionsAnswer;
import io.eventmesh.proto.v1.GetPositionsRequest;
import io.eventmesh.proto.v1.GetTaskRequest;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskSet;
import io.eventmesh.spi.security.Authenticator;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** An admin behind a real socket that answers as the test says. Thread-safe. */
public final class FakeAdmin extends AdminServiceGrpc.AdminServiceImplBase implements AutoCloseable {
    private static final Metadata.Key<String> KEY =
            Metadata.Key.of(Authenticator.CLUSTER_KEY_HEADER, Metadata.ASCII_STRING_MARSHALLER);
    private static final Metadata.Key<String> RUNTIME =
            Metadata.Key.of(Authenticator.RUNTIME_HEADER, Metadata.ASCII_STRING_MARSHALLER);

    private final Server server;
    private final List<RuntimeReport> reports = new CopyOnWriteArrayList<>();
    private final List<CommitPositionsRequest> commits = new CopyOnWriteArrayList<>();
    private final List<AskAnswer> answers = new CopyOnWriteArrayList<>();
    private final AtomicInteger streams = new AtomicInteger();
    private volatile @Nullable Ask ask;
    private volatile ByteString token = ByteString.EMPTY;
    private final AtomicReference<String> credentials = new AtomicReference<>("");
    private volatile boolean silent;
    private volatile @Nullable String leader;
    private volatile @Nullable ErrorCode refusal;
    private volatile long term = 1;
    private final AtomicLong version = new AtomicLong(1);
    private volatile long leaseMillis = 15_000;
    private volatile List<TaskAssignment> tasks = List.of();
    private volatile Definitions definitions = Definitions.getDefaultInstance();
    private final Map<String, TaskDefinition> taskDefinitions = new ConcurrentHashMap<>();

    public FakeAdmin() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(this)
                .intercept(new ServerInterceptor() {
                    @Override
                    public <Q, A> ServerCall.Listener<Q> interceptCall(
                            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
                        credentials.set(headers.get(RUNTIME) + ":" + headers.get(KEY));
                        return next.startCall(call, headers);
                    }
                })
                .build()
                .start();
    }

    public String address() {
        return "127.0.0.1:" + server.getPort();
    }

    public List<RuntimeReport> reports() {
        return List.copyOf(reports);
    }

    public List<AskAnswer> answers() {
        return List.copyOf(answers);
    }

    /** How many streams were opened. */
    int streams() {
        return streams.get();
    }

    /** From now on each directive holds this question. */
    public void ask(Ask value) {
        ask = value;
    }

    /** From now on each directive holds this proof. */
    void token(String value) {
        token = ByteString.copyFromUtf8(value);
    }

    public List<CommitPositionsRequest> commits() {
        return List.copyOf(commits);
    }

    String credentials() {
        return String.valueOf(credentials.get());
    }

    /** From now on reports are not answered, or are again. */
    public void silent(boolean value) {
        silent = value;
    }

    /** From now on it says that another admin leads. */
    void follow(String address) {
        leader = address;
    }

    /** From now on unary calls are refused; null answers again. */
    void refuse(@Nullable ErrorCode code) {
        refusal = code;
    }

    void term(long value) {
        term = value;
    }

    public void lease(long millis) {
        leaseMillis = millis;
    }

    public void assign(TaskAssignment... assignments) {
        tasks = List.of(assignments);
        version.incrementAndGet();
    }

    public void define(TaskDefinition task) {
        taskDefinitions.put(task.getTaskId(), task);
    }

    void define(Definitions value) {
        definitions = value;
    }

    @Override
    public StreamObserver<RuntimeReport> sync(StreamObserver<AdminDirective> out) {
        streams.incrementAndGet();
        return new StreamObserver<>() {
            @Override
            public void onNext(RuntimeReport report) {
                String other = leader;
                if (other != null) {
                    out.onError(status(ErrorCode.NOT_LEADER, other));
                    return;
                }
                reports.add(report);
                if (!silent) {
                    out.onNext(answer(report));
                }
            }

            @Override
            public void onError(Throwable broken) {}

            @Override
            public void onCompleted() {
                out.onCompleted();
            }
        };
    }

    @Override
    public void getTask(GetTaskRequest request, StreamObserver<TaskDefinition> out) {
        answer(out, taskDefinitions.getOrDefault(request.getTaskId(), TaskDefinition.getDefaultInstance()));
    }

    @Override
    public void getDefinitions(GetDefinitionsRequest request, StreamObserver<Definitions> out) {
        answer(out, definitions);
    }

    @Override
    public void getPositions(GetPositionsRequest request, StreamObserver<GetPositionsAnswer> out) {
        answer(out, GetPositionsAnswer.getDefaultInstance());
    }

    @Override
    public void commitPositions(CommitPositionsRequest request, StreamObserver<CommitPositionsAnswer> out) {
        commits.add(request);
        answer(out, CommitPositionsAnswer.getDefaultInstance());
    }

    @Override
    public void answerAsk(AskAnswer found, StreamObserver<AskAnswered> out) {
        answers.add(found);
        answer(out, AskAnswered.getDefaultInstance());
    }

    @Override
    public void close() {
        server.shutdownNow();
    }

    private AdminDirective answer(RuntimeReport report) {
        AdminDirective.Builder directive = AdminDirective.newBuilder()
                .setEchoSeq(report.getSeq())
                .setTerm(term)
                .setAssignmentVersion(version.get())
                .setLeaseMs(leaseMillis)
                .setDefinitionsVersion(definitions.getVersion());
        if (report.getObservedAssignmentVersion() != version.get()) {
            directive.setTasks(TaskSet.newBuilder().addAllTasks(tasks));
        }
        Ask question = ask;
        if (question != null) {
            directive.addAsks(question);
        }
        return directive.setLeaseToken(token).build();
    }

    private <A> void answer(StreamObserver<A> out, A value) {
        ErrorCode no = refusal;
        if (no != null) {
            out.onError(status(no, ""));
            return;
        }
        out.onNext(value);
        out.onCompleted();
    }

    private static Throwable status(ErrorCode code, String leader) {
        return StatusProto.toStatusRuntimeException(Status.newBuilder()
                .setCode(io.grpc.Status.Code.FAILED_PRECONDITION.value())
                .setMessage("refused")
                .addDetails(Any.pack(ErrorInfo.newBuilder()
                        .setDomain("eventmesh")
                        .setReason(code.name())
                        .putMetadata("leader", leader)
                        .build()))
                .build());
    }
}
