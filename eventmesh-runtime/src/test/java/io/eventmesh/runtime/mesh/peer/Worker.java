package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A subscriber that notes what it gets, in order, and acks at once or when it is told. */
final class Worker implements Receiver {
    final List<Delivery> got = new CopyOnWriteArrayList<>();
    private final Map<Long, Delivery> open = new ConcurrentHashMap<>();
    private final boolean acks;
    private final int window;
    private final AtomicLong granted = new AtomicLong();
    private volatile @Nullable Member member;
    volatile boolean overdrawn;
    volatile boolean closed;
    volatile @Nullable EventMeshException cause;

    /** @param acks at once, and asks for as many more */
    Worker(boolean acks, int window) {
        this.acks = acks;
        this.window = window;
    }

    Worker at(Member joined) {
        member = joined;
        granted.set(window);
        joined.request(window, 1L << 30);
        return this;
    }

    List<String> ids() {
        return got.stream().map(delivery -> delivery.record().event().id()).toList();
    }

    int inFlight() {
        return open.size();
    }

    @Override
    public void deliver(Delivery delivery) {
        if (granted.decrementAndGet() < 0) {
            overdrawn = true;
        }
        got.add(delivery);
        open.put(delivery.id(), delivery);
        if (acks) {
            ack(delivery);
        }
    }

    void ack(Delivery delivery) {
        Member joined = member;
        if (joined != null && open.remove(delivery.id()) != null) {
            joined.ack(delivery.id());
            granted.incrementAndGet();
            joined.request(1, delivery.record().event().size());
        }
    }

    void ackAll() {
        List.copyOf(open.values()).forEach(this::ack);
    }

    /** Rejects all that it has. */
    void reject(String reason) {
        Member joined = member;
        if (joined != null) {
            List.copyOf(open.keySet()).forEach(delivery -> {
                open.remove(delivery);
                joined.reject(delivery, reason);
            });
        }
    }

    void leave() {
        Member joined = member;
        if (joined != null) {
            joined.close();
        }
    }

    @Override
    public void closed(@Nullable EventMeshException why) {
        cause = why;
        closed = true;
    }
}
