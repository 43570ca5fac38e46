package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.CreateStreamAnswer;
import io.eventmesh.proto.v1.DeleteStreamAnswer;
import io.eventmesh.proto.v1.ListDeadLetterTopicsAnswer;
import io.eventmesh.proto.v1.ListDeadLetterTopicsRequest;
import io.eventmesh.proto.v1.ListStreamsAnswer;
import io.eventmesh.proto.v1.ListStreamsRequest;
import io.eventmesh.proto.v1.ListSubscriptionsAnswer;
import io.eventmesh.proto.v1.ListSubscriptionsRequest;
import io.eventmesh.proto.v1.ListTargetsAnswer;
import io.eventmesh.proto.v1.ListTargetsRequest;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.PeekStreamAnswer;
import io.eventmesh.proto.v1.PeekStreamRequest;
import io.eventmesh.proto.v1.PurgeStreamAnswer;
import io.eventmesh.proto.v1.ReadDeadLettersAnswer;
import io.eventmesh.proto.v1.ReadDeadLettersRequest;
import io.eventmesh.proto.v1.RemoveSubscriptionAnswer;
import io.eventmesh.proto.v1.SeekSubscriptionAnswer;
import io.eventmesh.proto.v1.SeekSubscriptionRequest;
import io.eventmesh.proto.v1.SettleDeadLettersAnswer;
import io.eventmesh.proto.v1.SettleDeadLettersRequest;
import io.eventmesh.proto.v1.StreamRequest;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.TargetProtos;
import io.eventmesh.spi.storage.StreamPartition;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;

/** Binds {@code eventmesh.v1.MeshAdminService} to the mesh, for runtimes of the cluster. Stateless. */
final class MeshAdminServices {
    private MeshAdminServices() {}

    static ServerServiceDefinition all(Door door) {
        Binding binding = new Binding(door);
        streams(binding, door);
        subscriptions(binding, door);
        deadLetters(binding);
        return binding.definition.build();
    }

    private static void streams(Binding binding, Door door) {
        binding.with(MeshAdminServiceGrpc.getListStreamsMethod(), request -> streams(door, request));
        binding.on(
                MeshAdminServiceGrpc.getCreateStreamMethod(),
                (admin, request) -> admin.createStream(
                                MeshAdminProtos.stream(request.getNamespace(), request.getName()),
                                request.getPartitions())
                        .thenApply(created -> CreateStreamAnswer.newBuilder()
                                .setCreated(created)
                                .build()));
        binding.on(
                MeshAdminServiceGrpc.getGetStreamMethod(),
                (admin, request) -> admin.stream(name(request)).thenApply(MeshAdminProtos::toProto));
        binding.on(
                MeshAdminServiceGrpc.getDeleteStreamMethod(),
                (admin, request) -> admin.deleteStream(name(request))
                        .thenApply(existed -> DeleteStreamAnswer.newBuilder()
                                .setExisted(existed)
                                .build()));
        binding.on(
                MeshAdminServiceGrpc.getPurgeStreamMethod(),
                (admin, request) -> admin.purgeStream(name(request))
                        .thenApply(events ->
                                PurgeStreamAnswer.newBuilder().setEvents(events).build()));
        binding.on(MeshAdminServiceGrpc.getPeekStreamMethod(), MeshAdminServices::peek);
    }

    private static void subscriptions(Binding binding, Door door) {
        binding.with(MeshAdminServiceGrpc.getListSubscriptionsMethod(), request -> subscriptions(door, request));
        binding.on(
                MeshAdminServiceGrpc.getGetSubscriptionMethod(),
                (admin, request) ->
                        admin.subscription(MeshAdminProtos.fromProto(request)).thenApply(MeshAdminProtos::toProto));
        binding.on(
                MeshAdminServiceGrpc.getPauseSubscriptionMethod(),
                (admin, request) -> admin.pause(
                                MeshAdminProtos.fromProto(request.getSubscription()), request.getPaused())
                        .thenApply(MeshAdminProtos::toProto));
        binding.on(MeshAdminServiceGrpc.getSeekSubscriptionMethod(), MeshAdminServices::seek);
        binding.on(
                MeshAdminServiceGrpc.getRemoveSubscriptionMethod(),
                (admin, request) -> admin.deleteSubscription(MeshAdminProtos.fromProto(request))
                        .thenApply(existed -> RemoveSubscriptionAnswer.newBuilder()
                                .setExisted(existed)
                                .build()));
    }

    private static CompletionStage<ListTargetsAnswer> targets(MeshAdmin admin, ListTargetsRequest request) {
        return admin.targets(request.getNamespace(), request.getRule(), request.getAfter(), request.getLimit())
                .thenApply(targets -> {
                    ListTargetsAnswer.Builder answer = ListTargetsAnswer.newBuilder();
                    targets.forEach(target -> answer.addTargets(TargetProtos.toProto(target)));
                    return answer.build();
                });
    }

    private static void deadLetters(Binding binding) {
        binding.on(MeshAdminServiceGrpc.getListTargetsMethod(), MeshAdminServices::targets);
        binding.on(MeshAdminServiceGrpc.getListDeadLetterTopicsMethod(), MeshAdminServices::topics);
        binding.on(MeshAdminServiceGrpc.getReadDeadLettersMethod(), MeshAdminServices::read);
        binding.on(MeshAdminServiceGrpc.getSettleDeadLettersMethod(), MeshAdminServices::settle);
    }

    private static io.eventmesh.common.topic.StreamName name(StreamRequest request) {
        return MeshAdminProtos.stream(request.getNamespace(), request.getName());
    }

    private static CompletionStage<ListStreamsAnswer> streams(Door door, ListStreamsRequest request) {
        return door.mesh().streams().thenApply(all -> {
            ListStreamsAnswer.Builder answer = ListStreamsAnswer.newBuilder();
            page(
                            all,
                            stream -> stream.name().namespace(),
                            stream -> stream.name().toString(),
                            request.getNamespace(),
                            request.getAfter(),
                            request.getLimit())
                    .forEach(status -> answer.addStreams(MeshProtos.toProto(status)));
            return answer.build();
        });
    }

    private static CompletionStage<ListSubscriptionsAnswer> subscriptions(Door door, ListSubscriptionsRequest request) {
        return door.mesh().subscriptions().thenApply(all -> {
            ListSubscriptionsAnswer.Builder answer = ListSubscriptionsAnswer.newBuilder();
            page(
                            all,
                            status -> status.name().namespace(),
                            status -> status.name().toString(),
                            request.getNamespace(),
                            request.getAfter(),
                            request.getLimit())
                    .forEach(status -> answer.addSubscriptions(MeshProtos.toProto(status)));
            return answer.build();
        });
    }

    private static <T> List<T> page(
            List<T> all,
            Function<T, String> namespaceOf,
            Function<T, String> nameOf,
            String namespace,
            String after,
            int limit) {
        return all.stream()
                .filter(one -> namespace.isEmpty() || namespaceOf.apply(one).equals(namespace))
                .filter(one -> nameOf.apply(one).compareTo(after) > 0)
                .sorted(Comparator.comparing(nameOf))
                .limit(limit <= 0 ? Long.MAX_VALUE : limit)
                .toList();
    }

    private static CompletionStage<PeekStreamAnswer> peek(MeshAdmin admin, PeekStreamRequest request) {
        StreamPartition partition = new StreamPartition(
                MeshAdminProtos.stream(request.getNamespace(), request.getStream()), request.getPartition());
        return admin.peek(partition, request.getFrom(), request.getMaxEvents(), request.getMaxBytes())
                .thenApply(MeshAdminProtos::toProto);
    }

    private static CompletionStage<SeekSubscriptionAnswer> seek(MeshAdmin admin, SeekSubscriptionRequest request) {
        return admin.seek(
                        MeshAdminProtos.fromProto(request.getSubscription()),
                        MeshAdminProtos.start(request),
                        request.getDryRun())
                .thenApply(MeshAdminProtos::toProto);
    }

    private static CompletionStage<ListDeadLetterTopicsAnswer> topics(
            MeshAdmin admin, ListDeadLetterTopicsRequest request) {
        return admin.deadLetters()
                .topics(request.getNamespace(), request.getAfter(), request.getLimit())
                .thenApply(topics -> {
                    ListDeadLetterTopicsAnswer.Builder answer = ListDeadLetterTopicsAnswer.newBuilder();
                    topics.forEach(topic -> answer.addTopics(MeshAdminProtos.toProto(topic)));
                    return answer.build();
                });
    }

    private static CompletionStage<ReadDeadLettersAnswer> read(MeshAdmin admin, ReadDeadLettersRequest request) {
        return admin.deadLetters()
                .read(
                        MeshAdminProtos.stream(request.getNamespace(), request.getTopic()),
                        MeshAdminProtos.fromProto(request.getChoice()),
                        request.getCursor(),
                        request.getLimit())
                .thenApply(MeshAdminProtos::toProto);
    }

    private static CompletionStage<SettleDeadLettersAnswer> settle(MeshAdmin admin, SettleDeadLettersRequest request) {
        return admin.deadLetters()
                .settle(
                        MeshAdminProtos.stream(request.getNamespace(), request.getTopic()),
                        MeshAdminProtos.order(request),
                        request.getCursor(),
                        request.getMax(),
                        request.getDryRun())
                .thenApply(MeshAdminProtos::toProto);
    }

    /** The service in the making. */
    private static final class Binding {
        private final Door door;
        private final MeshServices.Definition definition =
                MeshServices.definition(MeshAdminServiceGrpc.getServiceDescriptor());

        Binding(Door door) {
            this.door = door;
        }

        <Q, A> void on(MethodDescriptor<Q, A> method, BiFunction<MeshAdmin, Q, CompletionStage<A>> step) {
            with(method, request -> step.apply(door.mesh().admin(), request));
        }

        <Q, A> void with(MethodDescriptor<Q, A> method, Function<Q, CompletionStage<A>> step) {
            definition.with(method, UnaryCall.handler(door, (caller, request, call) -> {
                requireRuntime(caller);
                call.completeWith(step.apply(request));
            }));
        }

        private static void requireRuntime(CallContext caller) {
            if (!caller.principal().isRuntime()) {
                throw new EventMeshException(
                        ErrorCode.PERMISSION_DENIED,
                        "caller: %s (expected: a runtime of the cluster)"
                                .formatted(caller.principal().name()));
            }
        }
    }
}
