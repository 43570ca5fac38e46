package io.eventmesh.admin.sync;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.ErrorInfo;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.proto.v1.CreateStreamAnswer;
import io.eventmesh.proto.v1.CreateStreamRequest;
import io.eventmesh.proto.v1.DeleteStreamAnswer;
import io.eventmesh.proto.v1.ListDeadLetterTopicsRequest;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.ListTargetsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.PauseSubscriptionRequest;
import io.eventmesh.proto.v1.PeekStreamRequest;
import io.eventmesh.proto.v1.PurgeStreamAnswer;
import io.eventmesh.proto.v1.ReadDeadLettersRequest;
import io.eventmesh.proto.v1.RemoveSubscriptionAnswer;
import io.eventmesh.proto.v1.StreamRequest;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.StreamDetail;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.mesh.TargetProtos;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** The operators' calls of a mesh runtime over the wire. Thread-safe, never blocks; answers come on a thread of gRPC's. */
final class RemoteMeshAdmin implements MeshAdmin, DeadLetterDesk {
    private static final int SECONDS = 5;

    private final Channel channel;

    /** @param channel that proves who asks */
    RemoteMeshAdmin(Channel channel) {
        this.channel = channel;
    }

    CompletionStage<List<StreamStatus>> streams(String namespace, String after, int limit) {
        ListStreamsRequest request = ListStreamsRequest.newBuilder()
                .setNamespace(namespace)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return answer(
                MeshAdminServiceGrpc.getListStreamsMethod(),
                request,
                answer -> answer.getStreamsList().stream()
                        .map(MeshProtos::fromProto)
                        .toList());
    }

    CompletionStage<List<SubscriptionStatus>> subscriptions(String namespace, String after, int limit) {
        ListSubscriptionsRequest request = ListSubscriptionsRequest.newBuilder()
                .setNamespace(namespace)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return answer(
                MeshAdminServiceGrpc.getListSubscriptionsMethod(),
                request,
                answer -> answer.getSubscriptionsList().stream()
                        .map(MeshProtos::fromProto)
                        .toList());
    }

    @Override
    public CompletionStage<Boolean> createStream(StreamName stream, int partitions) {
        CreateStreamRequest request = CreateStreamRequest.newBuilder()
                .setNamespace(stream.namespace())
                .setName(stream.name())
                .setPartitions(partitions)
                .build();
        return answer(MeshAdminServiceGrpc.getCreateStreamMethod(), request, CreateStreamAnswer::getCreated);
    }

    @Override
    public CompletionStage<StreamDetail> stream(StreamName stream) {
        return answer(MeshAdminServiceGrpc.getGetStreamMethod(), request(stream), MeshAdminProtos::fromProto);
    }

    @Override
    public CompletionStage<Boolean> deleteStream(StreamName stream) {
        return answer(MeshAdminServiceGrpc.getDeleteStreamMethod(), request(stream), DeleteStreamAnswer::getExisted);
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return answer(MeshAdminServiceGrpc.getPurgeStreamMethod(), request(stream), PurgeStreamAnswer::getEvents);
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxEvents, long maxBytes) {
        StreamName stream = partition.stream();
        PeekStreamRequest request = PeekStreamRequest.newBuilder()
                .setNamespace(stream.namespace())
                .setStream(stream.name())
                .setPartition(partition.index())
                .setFrom(from)
                .setMaxEvents(maxEvents)
                .setMaxBytes(maxBytes)
                .build();
        return answer(
                MeshAdminServiceGrpc.getPeekStreamMethod(),
                request,
                answer -> MeshAdminProtos.fromProto(stream, answer));
    }

    @Override
    public CompletionStage<SubscriptionDetail> subscription(SubscriptionName name) {
        return answer(
                MeshAdminServiceGrpc.getGetSubscriptionMethod(),
                MeshAdminProtos.toProto(name),
                MeshAdminProtos::fromProto);
    }

    @Override
    public CompletionStage<SubscriptionDetail> pause(SubscriptionName name, boolean paused) {
        PauseSubscriptionRequest request = PauseSubscriptionRequest.newBuilder()
                .setSubscription(MeshAdminProtos.toProto(name))
                .setPaused(paused)
                .build();
        return answer(MeshAdminServiceGrpc.getPauseSubscriptionMethod(), request, MeshAdminProtos::fromProto);
    }

    @Override
    public CompletionStage<Seek> seek(SubscriptionName name, Start start, boolean dryRun) {
        return answer(
                MeshAdminServiceGrpc.getSeekSubscriptionMethod(),
                MeshAdminProtos.seek(name, start, dryRun),
                answer -> MeshAdminProtos.fromProto(name.namespace(), answer));
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(SubscriptionName name) {
        return answer(
                MeshAdminServiceGrpc.getRemoveSubscriptionMethod(),
                MeshAdminProtos.toProto(name),
                RemoveSubscriptionAnswer::getExisted);
    }

    @Override
    public CompletionStage<List<TargetStatus>> targets(String namespace, String rule, String after, int limit) {
        ListTargetsRequest request = ListTargetsRequest.newBuilder()
                .setNamespace(namespace)
                .setRule(rule)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return answer(
                MeshAdminServiceGrpc.getListTargetsMethod(),
                request,
                answer -> answer.getTargetsList().stream()
                        .map(TargetProtos::fromProto)
                        .toList());
    }

    @Override
    public DeadLetterDesk deadLetters() {
        return this;
    }

    @Override
    public CompletionStage<List<Topic>> topics(String namespace, String after, int limit) {
        ListDeadLetterTopicsRequest request = ListDeadLetterTopicsRequest.newBuilder()
                .setNamespace(namespace)
                .setAfter(after)
                .setLimit(limit)
                .build();
        return answer(
                MeshAdminServiceGrpc.getListDeadLetterTopicsMethod(),
                request,
                answer -> answer.getTopicsList().stream()
                        .map(MeshAdminProtos::fromProto)
                        .toList());
    }

    @Override
    public CompletionStage<Page> read(StreamName topic, Choice choice, String cursor, int limit) {
        ReadDeadLettersRequest request = ReadDeadLettersRequest.newBuilder()
                .setNamespace(topic.namespace())
                .setTopic(topic.name())
                .setChoice(MeshAdminProtos.toProto(choice))
                .setCursor(cursor)
                .setLimit(limit)
                .build();
        return answer(
                MeshAdminServiceGrpc.getReadDeadLettersMethod(),
                request,
                answer -> MeshAdminProtos.fromProto(topic, answer));
    }

    @Override
    public CompletionStage<Step> settle(StreamName topic, Order order, String cursor, int max, boolean dryRun) {
        return answer(
                MeshAdminServiceGrpc.getSettleDeadLettersMethod(),
                MeshAdminProtos.settle(topic, order, cursor, max, dryRun),
                MeshAdminProtos::fromProto);
    }

    private static StreamRequest request(StreamName stream) {
        return StreamRequest.newBuilder()
                .setNamespace(stream.namespace())
                .setName(stream.name())
                .build();
    }

    private <Q, A, T> CompletionStage<T> answer(MethodDescriptor<Q, A> method, Q request, Function<A, T> read) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        ClientCalls.asyncUnaryCall(channel.newCall(method, options), request, new StreamObserver<>() {
            @Override
            public void onNext(A message) {
                try {
                    answer.complete(read.apply(message));
                } catch (RuntimeException unreadable) {
                    answer.completeExceptionally(EventMeshException.of(unreadable));
                }
            }

            @Override
            public void onError(Throwable failure) {
                answer.completeExceptionally(refusal(failure));
            }

            @Override
            public void onCompleted() {
                answer.completeExceptionally(
                        new EventMeshException(ErrorCode.INTERNAL, "mesh runtime: no answer (expected: one)"));
            }
        });
        return answer;
    }

    /** What the runtime refused with; a runtime that is not reached counts as SHUTTING_DOWN. */
    private static EventMeshException refusal(Throwable failure) {
        com.google.rpc.Status status = StatusProto.fromThrowable(failure);
        if (status != null) {
            for (Any detail : status.getDetailsList()) {
                try {
                    if (detail.is(ErrorInfo.class)) {
                        return new EventMeshException(
                                ErrorCode.valueOf(detail.unpack(ErrorInfo.class).getReason()), status.getMessage());
                    }
                } catch (InvalidProtocolBufferException | IllegalArgumentException unknown) {
                    return new EventMeshException(ErrorCode.INTERNAL, status.getMessage(), unknown);
                }
            }
        }
        Status plain = Status.fromThrowable(failure);
        String message = plain.getDescription() == null ? plain.getCode().name() : plain.getDescription();
        return new EventMeshException(code(plain.getCode()), message, failure);
    }

    private static ErrorCode code(Status.Code code) {
        return switch (code) {
            case UNAVAILABLE, CANCELLED, UNKNOWN, ABORTED, OK -> ErrorCode.SHUTTING_DOWN;
            case DEADLINE_EXCEEDED -> ErrorCode.DEADLINE_EXCEEDED;
            case UNIMPLEMENTED -> ErrorCode.NOT_SUPPORTED;
            case RESOURCE_EXHAUSTED -> ErrorCode.OVERLOADED;
            case NOT_FOUND -> ErrorCode.NOT_FOUND;
            case ALREADY_EXISTS -> ErrorCode.ALREADY_EXISTS;
            case PERMISSION_DENIED -> ErrorCode.PERMISSION_DENIED;
            case UNAUTHENTICATED -> ErrorCode.UNAUTHENTICATED;
            case INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION -> ErrorCode.REQUEST_INVALID;
            case INTERNAL, DATA_LOSS -> ErrorCode.INTERNAL;
        };
    }
}
