package io.eventmesh.protocol.grpc;

import com.google.protobuf.MessageLite;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.Endpoint;
import io.eventmesh.proto.v1.EndpointsAnswer;
import io.eventmesh.proto.v1.ListStreamsAnswer;
import io.eventmesh.proto.v1.ListSubscriptionsAnswer;
import io.eventmesh.proto.v1.MeshAdminServiceGrpc;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshProtos;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.io.InputStream;

/** Binds {@code eventmesh.v1.MeshService} and {@code MeshAdminService} to the mesh. Stateless. */
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
                .with(publish, PublishStream.handler(door))
                .with(subscribe, SubscribeStream.handler(door))
                .with(
                        MeshServiceGrpc.getEndpointsMethod(),
                        UnaryCall.handler(door, (caller, request, call) -> call.succeed(endpoints(door))))
                .build();
    }

    static ServerServiceDefinition admin(Door door) {
        return definition(MeshAdminServiceGrpc.getServiceDescriptor())
                .with(MeshAdminServiceGrpc.getListStreamsMethod(), UnaryCall.handler(door, (caller, request, call) -> {
                    requireRuntime(caller);
                    call.completeWith(door.mesh().streams().thenApply(all -> {
                        ListStreamsAnswer.Builder answer = ListStreamsAnswer.newBuilder();
                        all.forEach(status -> answer.addStreams(MeshProtos.toProto(status)));
                        return answer.build();
                    }));
                }))
                .with(
                        MeshAdminServiceGrpc.getListSubscriptionsMethod(),
                        UnaryCall.handler(door, (caller, request, call) -> {
                            requireRuntime(caller);
                            call.completeWith(door.mesh().subscriptions().thenApply(all -> {
                                ListSubscriptionsAnswer.Builder answer = ListSubscriptionsAnswer.newBuilder();
                                all.forEach(status -> answer.addSubscriptions(MeshProtos.toProto(status)));
                                return answer.build();
                            }));
                        }))
                .build();
    }

    private static void publishOne(
            Door door, CallContext caller, PublishFrame frame, UnaryCall<PublishFrame, PublishAnswer> call) {
        frame.requireReadable();
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

    private static void requireRuntime(CallContext caller) {
        if (!caller.principal().isRuntime()) {
            throw new EventMeshException(
                    ErrorCode.PERMISSION_DENIED,
                    "caller: %s (expected: a runtime of the cluster)"
                            .formatted(caller.principal().name()));
        }
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
