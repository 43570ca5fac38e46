package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.ConsumerServiceGrpc;
import io.eventmesh.proto.cloudevents.HeartbeatServiceGrpc;
import io.eventmesh.proto.cloudevents.PublisherServiceGrpc;
import io.eventmesh.spi.event.AttributeNames;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Binds the services that clients of EventMesh speak to the mesh. What this release does not offer is refused with
 * NOT_SUPPORTED.
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

    /** What a client sends beside its event for the door alone, and what must not reach consumers. */
    private static final AttributeNames FOR_THE_DOOR = AttributeNames.of(
            Stream.concat(Stream.of("username", "passwd", "token", "subject"), ReservedAttributes.DEAD_LETTER.stream())
                    .collect(Collectors.toUnmodifiableSet()),
            Set.of(ReservedAttributes.PREFIX));

    private EventMeshServices() {}

    static List<ServerServiceDefinition> all(Door door) {
        EventMeshAnswers answers = new EventMeshAnswers(door.context().clock());
        return List.of(publisher(door, answers), consumer(door, answers), heartbeat());
    }

    private static ServerServiceDefinition publisher(Door door, EventMeshAnswers answers) {
        return MeshServices.definition(PublisherServiceGrpc.getServiceDescriptor())
                .with(
                        raw(PublisherServiceGrpc.getPublishMethod()),
                        UnaryCall.handler(door, (caller, bytes, call) -> publish(door, answers, caller, bytes, call)))
                .without(PublisherServiceGrpc.getPublishReplyMethod())
                .without(PublisherServiceGrpc.getRequestReplyMethod())
                .without(PublisherServiceGrpc.getPublishOneWayMethod())
                .without(PublisherServiceGrpc.getBatchPublishMethod())
                .without(PublisherServiceGrpc.getBatchPublishOneWayMethod())
                .build();
    }

    private static ServerServiceDefinition consumer(Door door, EventMeshAnswers answers) {
        return MeshServices.definition(ConsumerServiceGrpc.getServiceDescriptor())
                .without(ConsumerServiceGrpc.getSubscribeMethod())
                .with(raw(ConsumerServiceGrpc.getSubscribeStreamMethod()), ConsumerStream.handler(door, answers))
                .without(ConsumerServiceGrpc.getUnsubscribeMethod())
                .build();
    }

    private static ServerServiceDefinition heartbeat() {
        return MeshServices.definition(HeartbeatServiceGrpc.getServiceDescriptor())
                .without(HeartbeatServiceGrpc.getHeartbeatMethod())
                .build();
    }

    /** Refusals are answers too: a client of EventMesh takes a failed call for a broken connection. */
    private static void publish(
            Door door,
            EventMeshAnswers answers,
            CallContext caller,
            byte[] bytes,
            UnaryCall<byte[], InputStream> call) {
        Outgoing outgoing;
        try {
            outgoing = outgoing(bytes, door.context().maxEventSize().bytes());
        } catch (EventMeshException refused) {
            call.succeed(answers.refusal(refused));
            return;
        }
        door.mesh().publish(caller, outgoing).whenComplete((position, failure) -> {
            if (failure == null) {
                call.succeed(answers.published());
            } else {
                call.succeed(answers.refusal(Statuses.ours(failure)));
            }
        });
    }

    /** The event without what was meant for the door, and the topic that stood in its last {@code subject}. */
    static Outgoing outgoing(byte[] bytes, long maxEventSize) {
        if (bytes.length > maxEventSize) {
            throw new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE,
                    "event size: %d (expected: <= %d)".formatted(bytes.length, maxEventSize));
        }
        Event received = Event.scan(bytes);
        String topic = received.subject();
        if (topic == null || topic.isEmpty()) {
            throw new EventMeshException(ErrorCode.REQUEST_INVALID, "subject: none (expected: the topic)");
        }
        return new Outgoing(TopicName.of(topic), received.without(FOR_THE_DOOR));
    }

    private static MethodDescriptor<byte[], InputStream> raw(MethodDescriptor<CloudEvent, CloudEvent> method) {
        return method.toBuilder(BYTES, DeliveryFrames.MARSHALLER).build();
    }
}
