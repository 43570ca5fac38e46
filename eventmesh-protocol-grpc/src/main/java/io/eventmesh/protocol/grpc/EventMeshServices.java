package io.eventmesh.protocol.grpc;

import io.eventmesh.proto.cloudevents.ConsumerServiceGrpc;
import io.eventmesh.proto.cloudevents.HeartbeatServiceGrpc;
import io.eventmesh.proto.cloudevents.PublisherServiceGrpc;
import io.eventmesh.protocol.grpc.EventMeshAnswers.Operation;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerServiceDefinition;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;

/**
 * Binds the services that clients of EventMesh speak to the mesh. A refusal is an answer with a status code, where the
 * answer has room for one: such clients take a failed call for a broken connection. Stateless.
 */
final class EventMeshServices {
    /** Messages as bytes: requests are scanned, never parsed; answers may be written in parts. */
    static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            return Bytes.read(stream);
        }
    };

    private EventMeshServices() {}

    static List<ServerServiceDefinition> all(Door door) {
        EventMeshAnswers answers = new EventMeshAnswers(door.context().clock());
        EventMeshConsumers consumers = new EventMeshConsumers(door, answers);
        return List.of(
                publisher(door, answers), consumer(door, answers, consumers), heartbeat(door, answers, consumers));
    }

    private static ServerServiceDefinition publisher(Door door, EventMeshAnswers answers) {
        EventMeshPublishers publishers = new EventMeshPublishers(door, answers);
        ServerCallHandler<byte[], InputStream> request = UnaryCall.handler(door, publishers::request);
        return MeshServices.definition(PublisherServiceGrpc.getServiceDescriptor())
                .with(
                        raw(PublisherServiceGrpc.getPublishMethod()),
                        answered(door, answers, Operation.PUBLISH, publishers::publish))
                .with(raw(PublisherServiceGrpc.getPublishReplyMethod()), request)
                .with(raw(PublisherServiceGrpc.getRequestReplyMethod()), request)
                .with(
                        raw(PublisherServiceGrpc.getPublishOneWayMethod()),
                        UnaryCall.handler(door, publishers::publishOneWay))
                .with(
                        raw(PublisherServiceGrpc.getBatchPublishMethod()),
                        answered(door, answers, Operation.BATCH, publishers::batchPublish))
                .with(
                        raw(PublisherServiceGrpc.getBatchPublishOneWayMethod()),
                        UnaryCall.handler(door, publishers::batchPublishOneWay))
                .build();
    }

    private static ServerServiceDefinition consumer(Door door, EventMeshAnswers answers, EventMeshConsumers consumers) {
        return MeshServices.definition(ConsumerServiceGrpc.getServiceDescriptor())
                .with(
                        raw(ConsumerServiceGrpc.getSubscribeMethod()),
                        answered(door, answers, Operation.SUBSCRIBE, consumers::subscribe))
                .with(
                        raw(ConsumerServiceGrpc.getSubscribeStreamMethod()),
                        ConsumerStream.handler(door, consumers, answers))
                .with(
                        raw(ConsumerServiceGrpc.getUnsubscribeMethod()),
                        answered(door, answers, Operation.UNSUBSCRIBE, consumers::unsubscribe))
                .build();
    }

    private static ServerServiceDefinition heartbeat(
            Door door, EventMeshAnswers answers, EventMeshConsumers consumers) {
        return MeshServices.definition(HeartbeatServiceGrpc.getServiceDescriptor())
                .with(
                        raw(HeartbeatServiceGrpc.getHeartbeatMethod()),
                        answered(door, answers, Operation.HEARTBEAT, consumers::heartbeat))
                .build();
    }

    private static ServerCallHandler<byte[], InputStream> answered(
            Door door, EventMeshAnswers answers, Operation operation, UnaryCall.Method<byte[], InputStream> method) {
        return UnaryCall.handler(door, failure -> answers.refusal(operation, failure), method);
    }

    private static MethodDescriptor<byte[], InputStream> raw(MethodDescriptor<?, ?> method) {
        return method.toBuilder(BYTES, DeliveryFrames.MARSHALLER).build();
    }
}
