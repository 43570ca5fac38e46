package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.RelayReceiver;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A member's hold on its group: every call is a step of the group. Thread-safe. */
final class GroupMember implements ThriftyMember, Receiver {
    private static final Logger log = LoggerFactory.getLogger(GroupMember.class);
    private static final Cause RELEASED = Cause.released("released by the member");

    private final Group group;
    private final Receiver receiver;
    private final MemberState state;
    private volatile boolean left;

    /** @param relayed whether it is a member of another runtime */
    GroupMember(Group group, Receiver receiver, boolean relayed, @Nullable TaskFence fence, String client) {
        this.group = group;
        this.receiver = receiver;
        RelayReceiver thrifty = receiver instanceof RelayReceiver moves ? moves : null;
        this.state = new MemberState(this, thrifty, relayed, fence, client);
    }

    Group group() {
        return group;
    }

    MemberState state() {
        return state;
    }

    @Override
    public SubscriptionName subscription() {
        return group.name();
    }

    @Override
    public void request(int events, long bytes) {
        if (events < 0 || bytes < 0) {
            throw new IllegalArgumentException("credit: %d, %d (expected: 0 or more)".formatted(events, bytes));
        }
        group.credit(this, events, bytes);
    }

    @Override
    public void recall() {
        group.step(() -> group.state().recall(state));
    }

    @Override
    public void finish() {
        group.step(() -> group.finish(this));
    }

    @Override
    public void ack(long delivery) {
        group.ack(this, delivery);
    }

    @Override
    public void ackAll(long[] deliveries) {
        group.step(() -> group.state().ackAll(state, deliveries));
    }

    @Override
    public void release(long delivery, Duration delay) {
        release(delivery, delay, RELEASED);
    }

    @Override
    public void release(long delivery, Duration delay, Cause cause) {
        group.step(() -> group.state().release(state, delivery, delay, cause));
    }

    @Override
    public void reject(long delivery, String reason) {
        reject(delivery, Cause.rejected(reason));
    }

    @Override
    public void reject(long delivery, Cause cause) {
        group.step(() -> group.state().reject(state, delivery, cause));
    }

    @Override
    public void again(long delivery, Duration delay, Cause cause, int attempts) {
        group.step(() -> group.state().again(state, delivery, delay, cause, attempts));
    }

    @Override
    public void bury(long delivery, Burial burial) {
        group.step(() -> group.state().bury(state, delivery, burial));
    }

    @Override
    public void hasten(String flow) {
        group.step(() -> group.state().hasten(flow));
    }

    @Override
    public void leave() {
        if (!left) {
            left = true;
            group.leave(this, false);
        }
    }

    @Override
    public void close() {
        if (!left) {
            left = true;
            group.leave(this, true);
        }
    }

    // called by the group

    @Override
    public boolean keepsKeys() {
        return receiver.keepsKeys();
    }

    @Override
    public void deliver(Delivery delivery) {
        if (left) {
            return;
        }
        try {
            receiver.deliver(delivery);
        } catch (RuntimeException broken) {
            log.error("Receiver failed, its membership ends. group={} client={}", group.name(), state.client, broken);
            close();
            receiver.closed(new EventMeshException(ErrorCode.INTERNAL, "the receiver failed", broken));
        }
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        if (!left) {
            left = true;
            receiver.closed(cause);
        }
    }
}
