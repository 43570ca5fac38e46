package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.proto.v1.AwayAnswer;
import io.eventmesh.proto.v1.GroupAway;
import io.eventmesh.proto.v1.HandReplyAnswer;
import io.eventmesh.proto.v1.LetGoAnswer;
import io.eventmesh.proto.v1.LetGoRequest;
import io.eventmesh.proto.v1.MeshPeerServiceGrpc;
import io.eventmesh.proto.v1.RelayRequest;
import io.eventmesh.proto.v1.ServingAnswer;
import io.eventmesh.proto.v1.SubscriptionRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.peer.MeshPeer;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/** Binds {@code eventmesh.v1.MeshPeerService} to the mesh, for runtimes of the cluster. Stateless. */
final class MeshPeerServices {
    private MeshPeerServices() {}

    static ServerServiceDefinition all(Door door) {
        MethodDescriptor<RelayRequest, InputStream> relay = MeshPeerServiceGrpc.getRelayMethod().toBuilder(
                        MeshPeerServiceGrpc.getRelayMethod().getRequestMarshaller(), DeliveryFrames.MARSHALLER)
                .build();
        MeshServices.Definition definition = MeshServices.definition(MeshPeerServiceGrpc.getServiceDescriptor());
        unary(
                definition,
                door,
                MeshPeerServiceGrpc.getServingMethod(),
                (peer, request) -> peer.serving(request.getRuntime(), names(request.getGroupsList()))
                        .thenApply(both -> ServingAnswer.newBuilder()
                                .addAllGroups(messages(both))
                                .build()));
        definition.with(relay, LastingCall.handler(door, RelayStream::new));
        // a reply is taken as long as somebody waits for it, also when nothing new is
        definition.with(MeshPeerServiceGrpc.getHandReplyMethod(), UnaryCall.lateHandler(door, (caller, reply, call) -> {
            requireRuntime(caller);
            call.completeWith(door.mesh()
                    .peer()
                    .reply(reply.getCorrelation(), Event.scan(reply.getEvent().toByteArray()))
                    .thenApply(taken -> HandReplyAnswer.getDefaultInstance()));
        }));
        unary(
                definition,
                door,
                MeshPeerServiceGrpc.getAwayMethod(),
                (peer, request) -> peer.away(names(request.getGroupsList())).thenApply(all -> {
                    AwayAnswer.Builder answer = AwayAnswer.newBuilder();
                    all.forEach((name, away) -> answer.addGroups(GroupAway.newBuilder()
                            .setGroup(MeshAdminProtos.toProto(name))
                            .setMillis(away.toMillis())));
                    return answer.build();
                }));
        unary(definition, door, MeshPeerServiceGrpc.getLetGoMethod(), MeshPeerServices::letGo);
        return definition.build();
    }

    private static CompletionStage<LetGoAnswer> letGo(MeshPeer peer, LetGoRequest request) {
        SubscriptionName group = MeshAdminProtos.fromProto(request.getGroup());
        CompletionStage<Void> done = request.getGoOn() ? peer.goOn(group) : peer.letGo(group);
        return done.thenApply(nothing -> LetGoAnswer.getDefaultInstance());
    }

    static Set<SubscriptionName> names(List<SubscriptionRequest> messages) {
        return messages.stream().map(MeshAdminProtos::fromProto).collect(Collectors.toSet());
    }

    static List<SubscriptionRequest> messages(Set<SubscriptionName> names) {
        return names.stream().map(MeshAdminProtos::toProto).toList();
    }

    private static <Q, A> void unary(
            MeshServices.Definition definition,
            Door door,
            MethodDescriptor<Q, A> method,
            BiFunction<MeshPeer, Q, CompletionStage<A>> step) {
        definition.with(method, UnaryCall.handler(door, (caller, request, call) -> {
            requireRuntime(caller);
            call.completeWith(step.apply(door.mesh().peer(), request));
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
