package io.eventmesh.testkit.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The mesh's side of a member of {@link RecordingMesh}: counts credit, remembers how deliveries were settled, and
 * delivers what the test offers. Thread-safe; deliveries are handed over one at a time.
 */
public final class RecordingMember implements Member {
    private final SubscriptionName name;
    private final CallContext context;
    private final SubscribeTerms terms;
    private final Receiver receiver;
    private final List<Long> acked = new ArrayList<>();
    private final Map<Long, Duration> released = new LinkedHashMap<>();
    private final Map<Long, String> rejected = new LinkedHashMap<>();
    private long events;
    private long bytes;
    private long nextDelivery;
    private boolean closed;

    RecordingMember(SubscriptionName name, CallContext context, SubscribeTerms terms, Receiver receiver) {
        this.name = name;
        this.context = context;
        this.terms = terms;
        this.receiver = receiver;
    }

    /**
     * Delivers the event if the member asked for one.
     *
     * @return whether it did
     */
    public synchronized boolean offer(String topic, Event event) {
        return offer(topic, event, 1);
    }

    /** Like {@link #offer(String, Event)} as the given attempt. */
    public synchronized boolean offer(String topic, Event event, int attempt) {
        TopicName topicName = TopicName.of(topic);
        StreamPartition partition = new StreamPartition(StreamName.of(context.namespace(), topicName), 0);
        return offer(
                partition,
                new EventRecord(
                        topicName, event.partitionKey(), 1_000 + nextDelivery, 0, null, "somebody", null, 0, event),
                attempt);
    }

    /** Like {@link #offer(String, Event, int)} for a record as it stands in a partition. */
    public synchronized boolean offer(StreamPartition partition, EventRecord record, int attempt) {
        if (closed || events <= 0 || bytes <= 0) {
            return false;
        }
        events--;
        bytes -= record.event().size();
        long id = nextDelivery++;
        receiver.deliver(new Delivery(id, new Position(partition, id), record, attempt));
        return true;
    }

    /** Ends the membership from the mesh's side. */
    public void end(@Nullable EventMeshException cause) {
        synchronized (this) {
            closed = true;
        }
        receiver.closed(cause);
    }

    /** What the caller brought. */
    public CallContext context() {
        return context;
    }

    /** What the caller brought. */
    public SubscribeTerms terms() {
        return terms;
    }

    /** Events that may still be delivered. */
    public synchronized long eventCredit() {
        return events;
    }

    /** Bytes that may still be delivered; negative when overdrawn. */
    public synchronized long byteCredit() {
        return bytes;
    }

    /** Ids of acked deliveries, in order. */
    public synchronized List<Long> acked() {
        return List.copyOf(acked);
    }

    /** Released deliveries with their delays. */
    public synchronized Map<Long, Duration> released() {
        return Map.copyOf(released);
    }

    /** Rejected deliveries with their reasons. */
    public synchronized Map<Long, String> rejected() {
        return Map.copyOf(rejected);
    }

    /** Whether the member left or was ended. */
    public synchronized boolean isClosed() {
        return closed;
    }

    @Override
    public SubscriptionName subscription() {
        return name;
    }

    @Override
    public synchronized void request(int moreEvents, long moreBytes) {
        events += moreEvents;
        bytes += moreBytes;
    }

    @Override
    public synchronized void ack(long delivery) {
        acked.add(delivery);
    }

    @Override
    public synchronized void release(long delivery, Duration delay) {
        released.put(delivery, delay);
    }

    @Override
    public synchronized void reject(long delivery, String reason) {
        rejected.put(delivery, reason);
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
