package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Deliveries that wait for their sink; the credit given to the mesh bounds them. Thread-safe. */
final class DeliveryBuffer implements Receiver {
    private final TaskControl control;
    private final Deque<Delivery> waiting = new ArrayDeque<>();
    private @Nullable EventMeshException ended;

    DeliveryBuffer(TaskControl control) {
        this.control = control;
    }

    @Override
    public void deliver(Delivery delivery) {
        synchronized (waiting) {
            waiting.add(delivery);
        }
        control.wake();
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        synchronized (waiting) {
            ended = cause == null
                    ? new EventMeshException(ErrorCode.SHUTTING_DOWN, "subscription ended by the mesh")
                    : cause;
        }
        control.wake();
    }

    /** @throws EventMeshException why the mesh ended the subscription */
    void requireOpen() {
        synchronized (waiting) {
            if (ended != null) {
                throw new EventMeshException(ended.code(), ended.reason(), ended);
            }
        }
    }

    /** What waits, up to so many events and about so many bytes. */
    List<Delivery> take(int events, long bytes) {
        List<Delivery> taken = new ArrayList<>();
        synchronized (waiting) {
            long size = 0;
            while (taken.size() < events && size < bytes && !waiting.isEmpty()) {
                Delivery next = waiting.remove();
                size += next.record().event().size();
                taken.add(next);
            }
        }
        return taken;
    }
}
