package io.eventmesh.sdk.remote;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;

/** From the mesh's types to the messages of {@code mesh.proto} and back. Stateless. */
final class Frames {
    private Frames() {}

    /** @param lease the newest proof of the runtime's lease; sent when a task subscribes */
    static SubscribeRequest open(CallContext context, SubscribeTerms terms, ByteString lease) {
        SubscribeRequest.Open.Builder open = MeshProtos.open(context.namespace(), terms).toBuilder();
        TaskFence fence = context.fence();
        if (fence != null) {
            open.setFence(MeshProtos.toProto(fence)).setLeaseToken(lease);
        }
        return SubscribeRequest.newBuilder().setOpen(open).build();
    }

    static SubscribeRequest credit(int events, long bytes) {
        return SubscribeRequest.newBuilder()
                .setCredit(
                        SubscribeRequest.Credit.newBuilder().setEvents(events).setBytes(bytes))
                .build();
    }

    static SubscribeRequest lease(ByteString lease) {
        return SubscribeRequest.newBuilder().setLeaseToken(lease).build();
    }

    /**
     * A publish of the event as it is, without a copy.
     *
     * @param lease the proof of the runtime's lease when the frame shall bring one; sent when a task publishes
     */
    static PublishRequest publish(long seq, CallContext context, Outgoing outgoing, ByteString lease) {
        PublishRequest.Builder frame = PublishRequest.newBuilder()
                .setSeq(seq)
                .setTopic(outgoing.topic().value())
                .setEvent(outgoing.event().toByteString())
                .setNamespace(context.namespace())
                .setHops(outgoing.hops())
                .setNotBeforeMs(outgoing.notBeforeMillis());
        String target = outgoing.target();
        if (target != null) {
            frame.setTarget(target);
        }
        TaskFence fence = context.fence();
        if (fence != null) {
            frame.setFence(MeshProtos.toProto(fence)).setLeaseToken(lease);
        }
        return frame.build();
    }

    /** @throws EventMeshException EVENT_INVALID or REQUEST_INVALID when a runtime sent what no runtime sends */
    static Delivery delivery(Partitions partitions, String namespace, long id, SubscribeFrame frame) {
        TopicName topic = TopicName.of(frame.topic());
        Event event = Event.scan(frame.event());
        EventRecord record = new EventRecord(
                topic,
                event.partitionKey(),
                frame.appendTimeMillis(),
                frame.hops(),
                frame.target().isEmpty() ? null : frame.target(),
                null,
                null,
                0,
                event);
        Position position = new Position(partitions.of(namespace, topic, frame.partition()), frame.offset());
        return new Delivery(id, position, record, frame.attempt());
    }

    /** The name that a runtime gave, {@code namespace:group@pattern}. */
    static SubscriptionName subscription(String text) {
        int group = text.indexOf(':') + 1;
        int pattern = text.lastIndexOf('@') + 1;
        if (group == 0 || pattern <= group) {
            throw new EventMeshException(
                    ErrorCode.INTERNAL, "subscription: '%s' (expected: namespace:group@pattern)".formatted(text));
        }
        return new SubscriptionName(
                text.substring(0, group - 1),
                text.substring(group, pattern - 1),
                TopicPattern.of(text.substring(pattern)));
    }
}
