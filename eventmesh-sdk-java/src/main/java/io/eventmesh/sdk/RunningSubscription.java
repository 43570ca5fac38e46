package io.eventmesh.sdk;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the handler on {@code mesh-client-*} threads of its own. The queue in front of them never overflows: the mesh
 * delivers by credit, and an event's credit is given again when the event is settled.
 */
final class RunningSubscription<T> implements Subscription, Membership, Receiver {
    private static final Logger log = LoggerFactory.getLogger(RunningSubscription.class);
    static final Duration DRAIN = Duration.ofSeconds(5);
    static final long WINDOW_BYTES = 16L << 20;

    private final ClientParts parts;
    private final Class<T> type;
    private final EventHandler<T> handler;
    private final Ack ack;
    private final int maxInFlight;
    private final ThreadPoolExecutor threads;
    private final Set<Thread> handling = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Member> member = new CompletableFuture<>();
    private final CompletableFuture<Subscription> ready = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean closed;

    RunningSubscription(
            ClientParts parts, Class<T> type, EventHandler<T> handler, Ack ack, int maxInFlight, int concurrency) {
        this.parts = parts;
        this.type = type;
        this.handler = handler;
        this.ack = ack;
        this.maxInFlight = maxInFlight;
        this.threads = new ThreadPoolExecutor(
                concurrency,
                concurrency,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(maxInFlight),
                new NamedThreads("mesh-client"));
        this.threads.allowCoreThreadTimeOut(true);
    }

    void begin(SubscribeTerms terms) {
        parts.mesh().subscribe(parts.call(), terms, this).whenComplete((attached, failure) -> {
            if (failure != null) {
                EventMeshException why = EventMeshException.of(failure);
                closed = true;
                threads.shutdown();
                ready.completeExceptionally(why);
                ended.completeExceptionally(why);
                return;
            }
            member.complete(attached);
            if (closed) {
                attached.leave();
            } else {
                attached.request(maxInFlight, WINDOW_BYTES);
                ready.complete(this);
            }
        });
    }

    @Override
    public CompletableFuture<Subscription> ready() {
        return ready;
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void deliver(io.eventmesh.spi.mesh.Delivery delivery) {
        try {
            threads.execute(new Waiting(delivery, this::handle));
        } catch (RejectedExecutionException leaving) {
            // The membership is about to end, which gives the event back.
            log.debug("Delivery left to others. subscription={}", delivery.id());
        }
    }

    @Override
    public List<io.eventmesh.spi.mesh.Delivery> forgetWaiting() {
        return Waiting.forget(threads);
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        closed = true;
        threads.shutdown();
        if (cause == null) {
            ended.complete(null);
        } else {
            ended.completeExceptionally(cause);
        }
    }

    @Override
    public void close() {
        closed = true;
        threads.shutdown();
        threads.getQueue().clear();
        if (!handling.contains(Thread.currentThread())) {
            awaitHandlers(threads);
        }
        leave();
    }

    @Override
    public void closeNow() {
        closed = true;
        threads.shutdownNow();
        leave();
    }

    /** Waits a bounded time for what runs on threads that were shut down. */
    static void awaitHandlers(ThreadPoolExecutor threads) {
        try {
            if (!threads.awaitTermination(DRAIN.toNanos(), TimeUnit.NANOSECONDS)) {
                log.warn("Subscription closed while handlers run. waitedMs={}", DRAIN.toMillis());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void leave() {
        Member attached = member.getNow(null);
        if (attached != null) {
            attached.leave();
        }
        ready.completeExceptionally(new EventMeshException(
                io.eventmesh.common.error.ErrorCode.SHUTTING_DOWN, "subscription: closed before it was open"));
        ended.complete(null);
    }

    private void handle(io.eventmesh.spi.mesh.Delivery offered) {
        Member attached = member.getNow(null);
        if (attached == null || closed) {
            return;
        }
        int size = offered.record().event().size();
        Settlement settlement = new Settlement(attached, offered.id(), () -> attached.request(1, size));
        Thread thread = Thread.currentThread();
        handling.add(thread);
        try {
            handle(offered, settlement);
        } catch (Exception failure) {
            log.debug(
                    "Handler failed, event released. delivery={} attempt={}", offered.id(), offered.attempt(), failure);
            settlement.release(failure instanceof EventMeshException why ? why.retryAfter() : Duration.ZERO);
            if (failure instanceof InterruptedException) {
                thread.interrupt();
            }
        } finally {
            handling.remove(thread);
        }
    }

    private void handle(io.eventmesh.spi.mesh.Delivery offered, Settlement settlement) throws Exception {
        T value;
        try {
            value = parts.values().of(offered.record().event(), type);
        } catch (EventMeshException unreadable) {
            settlement.reject(unreadable.reason());
            return;
        }
        if (ack == Ack.NONE) {
            settlement.ack();
        }
        HandledDelivery<T> delivery = new HandledDelivery<>(parts, offered, value, ack, settlement);
        parts.handle(delivery, () -> handler.handle(value, delivery));
        if (ack == Ack.AUTO) {
            settlement.ack();
        }
    }
}
