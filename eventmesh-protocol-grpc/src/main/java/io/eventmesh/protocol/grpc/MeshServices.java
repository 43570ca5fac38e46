package io.eventmesh.protocol.grpc;

import com.google.protobuf.MessageLite;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.DeleteSubscriptionAnswer;
import io.eventmesh.proto.v1.DeleteSubscriptionRequest;
import io.eventmesh.proto.v1.Endpoint;
import io.eventmesh.proto.v1.EndpointsAnswer;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.proto.v1.PutSubscriptionAnswer;
import io.eventmesh.proto.v1.PutSubscriptionRequest;
import io.eventmesh.proto.v1.ReplyAnswer;
import io.eventmesh.proto.v1.ReplyRequest;
import io.eventmesh.proto.v1.RequestAnswer;
import io.eventmesh.proto.v1.RequestRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshProtos;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Binds {@code eventmesh.v1.MeshService} to the mesh. Stateless. */
final class MeshServices {
    private MeshServices() {}

    static ServerServiceDefinition mesh(Door door) {
        MethodDescriptor<PublishFrame, PublishAnswer> publishOne = MeshServiceGrpc.getPublishOneMethod().toBuilder(
                        PublishFrame.MARSHALLER,
                        MeshServiceGrpc.getPublishOneMethod().getResponseMarshaller())
                .build();
        MethodDescriptor<PublishFrame, PublishAnswer> publish = MeshServiceGrpc.getPublishMethod().toBuilder(
                        PublishFrame.MARSHALLER,
                        MeshServiceGrpc.getPublishMethod().getResponseMarshaller())
                .build();
        MethodDescriptor<io.eventmesh.proto.v1.SubscribeRequest, InputStream> subscribe =
                MeshServiceGrpc.getSubscribeMethod().toBuilder(
                                MeshServiceGrpc.getSubscribeMethod().getRequestMarshaller(), DeliveryFrames.MARSHALLER)
                        .build();
        return definition(MeshServiceGrpc.getServiceDescriptor())
                .with(
                        publishOne,
                        UnaryCall.handler(door, (caller, frame, call) -> publishOne(door, caller, frame, call)))
                .with(publish, LastingCall.handler(door, PublishStream::new))
                .with(subscribe, LastingCall.handler(door, SubscribeStream::new))
                .with(
                        MeshServiceGrpc.getRequestMethod(),
                        UnaryCall.handler(door, (caller, request, call) -> request(door, caller, request, call)))
                .with(
                        MeshServiceGrpc.getReplyMethod(),
                        UnaryCall.lateHandler(
                                door, (caller, reply, call) -> call.completeWith(reply(door, caller, reply))))
                .with(
                        MeshServiceGrpc.getPutSubscriptionMethod(),
                        UnaryCall.handler(door, (caller, put, call) -> call.completeWith(put(door, caller, put))))
                .with(
                        MeshServiceGrpc.getDeleteSubscriptionMethod(),
                        UnaryCall.handler(
                                door, (caller, delete, call) -> call.completeWith(delete(door, caller, delete))))
                .with(
                        MeshServiceGrpc.getEndpointsMethod(),
                        UnaryCall.lateHandler(door, (caller, request, call) -> call.succeed(endpoints(door))))
                .build();
    }

    private static void publishOne(
            Door door, CallContext caller, PublishFrame frame, UnaryCall<PublishFrame, PublishAnswer> call) {
        frame.requireReadable();
        requireLease(door, caller, frame);
        door.mesh()
                .publish(
                        frame.in(caller),
                        frame.outgoing(door.context().maxEventSize().bytes()))
                .whenComplete((position, failure) -> {
                    if (failure == null) {
                        call.succeed(Protos.answer(frame.seq(), position, null));
                    } else {
                        call.fail(failure);
                    }
                });
    }

    private static void request(
            Door door, CallContext caller, RequestRequest request, UnaryCall<RequestRequest, RequestAnswer> call) {
        PublishFrame frame = new PublishFrame(request.getRequest());
        if (request.getTimeoutMs() <= 0) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "timeout_ms: %d (expected: more than 0)".formatted(request.getTimeoutMs()));
        }
        requireLease(door, caller, frame);
        call.completeWith(door.mesh()
                .request(
                        frame.in(caller),
                        frame.outgoing(door.context().maxEventSize().bytes()),
                        Duration.ofMillis(request.getTimeoutMs()))
                .thenApply(reply -> RequestAnswer.newBuilder()
                        .setEvent(reply.toByteString())
                        .build()));
    }

    private static void requireLease(Door door, CallContext caller, PublishFrame frame) {
        if (frame.isFenced()) {
            door.context().leases().check(caller.principal(), frame.leaseToken());
        }
    }

    private static CompletionStage<ReplyAnswer> reply(Door door, CallContext caller, ReplyRequest reply) {
        PublishFrame.requireNotLarger(
                reply.getEvent().size(), door.context().maxEventSize().bytes());
        return door.mesh()
                .reply(
                        Door.in(caller, reply.getNamespace()),
                        reply.getReplyTo(),
                        Event.scan(reply.getEvent().toByteArray()))
                .thenApply(taken -> ReplyAnswer.getDefaultInstance());
    }

    private static CompletionStage<PutSubscriptionAnswer> put(
            Door door, CallContext caller, PutSubscriptionRequest put) {
        CallContext context = Door.in(caller, put.getSubscription().getNamespace());
        return door.mesh()
                .putSubscription(context, MeshProtos.terms(context.namespace(), put))
                .thenApply(created ->
                        PutSubscriptionAnswer.newBuilder().setCreated(created).build());
    }

    private static CompletionStage<DeleteSubscriptionAnswer> delete(
            Door door, CallContext caller, DeleteSubscriptionRequest delete) {
        CallContext context = Door.in(caller, delete.getNamespace());
        SubscriptionName name = new SubscriptionName(
                context.namespace(), Names.requireGroup(delete.getGroup()), TopicPattern.of(delete.getPattern()));
        return door.mesh()
                .deleteSubscription(context, name)
                .thenApply(existed -> DeleteSubscriptionAnswer.newBuilder()
                        .setExisted(existed)
                        .build());
    }

    private static EndpointsAnswer endpoints(Door door) {
        EndpointsAnswer.Builder answer = EndpointsAnswer.newBuilder();
        door.mesh()
                .endpoints()
                .forEach(endpoint -> answer.addEndpoints(Endpoint.newBuilder()
                        .setRuntime(endpoint.runtime())
                        .setGrpc(endpoint.grpc())
                        .setHttp(endpoint.http())));
        return answer.build();
    }

    /** Collects methods whose marshallers may be our own under the service's name and schema. */
    static Definition definition(ServiceDescriptor generated) {
        return new Definition(generated);
    }

    /** A service in the making. */
    static final class Definition {
        private final ServiceDescriptor.Builder descriptor;
        private final java.util.List<io.grpc.ServerMethodDefinition<?, ?>> methods = new java.util.ArrayList<>();

        private Definition(ServiceDescriptor generated) {
            descriptor = ServiceDescriptor.newBuilder(generated.getName());
            Object schema = generated.getSchemaDescriptor();
            if (schema != null) {
                descriptor.setSchemaDescriptor(schema);
            }
        }

        <Q, A> Definition with(MethodDescriptor<Q, A> method, io.grpc.ServerCallHandler<Q, A> handler) {
            descriptor.addMethod(method);
            methods.add(io.grpc.ServerMethodDefinition.create(method, handler));
            return this;
        }

        /** A method that is there to be refused: NOT_SUPPORTED. */
        <Q extends MessageLite, A> Definition without(MethodDescriptor<Q, A> method) {
            return with(
                    method,
                    (call, headers) -> UnaryCall.refused(
                            call,
                            new EventMeshException(
                                    ErrorCode.NOT_SUPPORTED,
                                    "method: %s (expected: one that this release offers)"
                                            .formatted(method.getFullMethodName()))));
        }

        ServerServiceDefinition build() {
            ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(descriptor.build());
            methods.forEach(definition::addMethod);
            return definition.build();
        }
    }
}
