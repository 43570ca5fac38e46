package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.RetryPolicy;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;

/** From the mesh's types to the messages of {@code mesh.proto} and back. Stateless. */
final class Frames {
    private Frames() {}

    static io.eventmesh.proto.v1.TaskFence fence(TaskFence fence) {
        return io.eventmesh.proto.v1.TaskFence.newBuilder()
                .setTask(fence.task())
                .setTerm(fence.term())
                .setEpoch(fence.epoch())
                .build();
    }

    /** @throws EventMeshException NOT_SUPPORTED for a start that has no form on the wire */
    static SubscribeRequest open(CallContext context, SubscribeTerms terms) {
        DeliveryTerms delivery = terms.delivery();
        SubscribeRequest.Open.Builder open = SubscribeRequest.Open.newBuilder()
                .setNamespace(context.namespace())
                .setGroup(terms.group())
                .setPattern(terms.pattern().value())
                .setStart(start(terms.start()))
                .setRetry(RetryPolicy.newBuilder()
                        .setMaxAttempts(delivery.retry().maxAttempts())
                        .setInitialDelayMs(delivery.retry().initialDelay().toMillis())
                        .setMultiplier(delivery.retry().multiplier())
                        .setMaxDelayMs(delivery.retry().maxDelay().toMillis()))
                .setAckTimeoutMs(delivery.ackTimeout().toMillis())
                .setClient(terms.client())
                .setUnordered(!delivery.ordered());
        TaskFence fence = context.fence();
        if (fence != null) {
            open.setFence(fence(fence));
        }
        return SubscribeRequest.newBuilder().setOpen(open).build();
    }

    static SubscribeRequest credit(int events, long bytes) {
        return SubscribeRequest.newBuilder()
                .setCredit(
                        SubscribeRequest.Credit.newBuilder().setEvents(events).setBytes(bytes))
                .build();
    }

    /** @throws EventMeshException EVENT_INVALID or REQUEST_INVALID when a runtime sent what no runtime sends */
    static Delivery delivery(Partitions partitions, String namespace, long id, SubscribeAnswer.Delivery frame) {
        TopicName topic = TopicName.of(frame.getTopic());
        Event event = Event.scan(frame.getEvent().toByteArray());
        EventRecord record = new EventRecord(
                topic,
                event.partitionKey(),
                frame.getAppendTimeMs(),
                frame.getHops(),
                frame.getTarget().isEmpty() ? null : frame.getTarget(),
                null,
                null,
                event);
        Position position = new Position(partitions.of(namespace, topic, frame.getPartition()), frame.getOffset());
        return new Delivery(id, position, record, frame.getAttempt());
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

    private static SubscribeRequest.Start start(Start start) {
        if (start instanceof Start.Latest) {
            return SubscribeRequest.Start.LATEST;
        }
        if (start instanceof Start.Earliest) {
            return SubscribeRequest.Start.EARLIEST;
        }
        throw new EventMeshException(
                ErrorCode.NOT_SUPPORTED, "start: %s (expected: earliest or latest over a connection)".formatted(start));
    }
}
