package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/** Keeps deliveries until the test begins with them; forgets the others when it is asked to. */
final class QueueingReceiver implements Receiver {
    private final Queue<Delivery> waiting = new ArrayDeque<>();
    private boolean closed;

    @Override
    public synchronized void deliver(Delivery delivery) {
        waiting.add(delivery);
    }

    @Override
    public synchronized List<Delivery> forgetWaiting() {
        List<Delivery> forgotten = List.copyOf(waiting);
        waiting.clear();
        return forgotten;
    }

    @Override
    public synchronized void closed(@Nullable EventMeshException cause) {
        closed = true;
    }

    /** The oldest that waits. */
    synchronized Delivery begin() {
        return waiting.remove();
    }

    synchronized int waiting() {
        return waiting.size();
    }

    synchronized boolean isClosed() {
        return closed;
    }
}
