package io.eventmesh.testkit.mesh;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Receiver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A {@link Receiver} that keeps what it was given. Thread-safe. */
public final class RecordingReceiver implements Receiver {
    private final List<Delivery> deliveries = new CopyOnWriteArrayList<>();
    private volatile boolean closed;
    private volatile @Nullable EventMeshException cause;

    @Override
    public void deliver(Delivery delivery) {
        deliveries.add(delivery);
    }

    @Override
    public void closed(@Nullable EventMeshException why) {
        cause = why;
        closed = true;
    }

    /** What came, in order. */
    public List<Delivery> deliveries() {
        return List.copyOf(deliveries);
    }

    /** Whether the mesh ended the membership. */
    public boolean isClosed() {
        return closed;
    }

    /** Why the mesh ended the membership; null for an orderly end or none yet. */
    public @Nullable EventMeshException cause() {
        return cause;
    }
}
