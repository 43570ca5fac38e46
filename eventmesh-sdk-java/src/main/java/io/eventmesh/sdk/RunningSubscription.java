package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the handler on {@code mesh-client-*} threads of its own. The queue in front of them never overflows: the mesh
 * delivers by credit, and an event's credit is given again when the event is settled.
 */
final class RunningSubscription implements Subscription, Receiver {
    private static final Logger log = LoggerFactory.getLogger(RunningSubscription.class);
    private static final Duration DRAIN = Duration.ofSeconds(5);
    private static final long WINDOW_BYTES = 16L << 20;

    private final EventHandler handler;
    private final Ack ack;
    private final int maxInFlight;
    private final ThreadPoolExecutor threads;
    private final Set<Thread> handling = ConcurrentHashMap.newKeySet();
    private final CompletableFuture<Member> member = new CompletableFuture<>();
    private final CompletableFuture<Subscription> ready = new CompletableFuture<>();
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile boolean closed;

    RunningSubscription(EventHandler handler, Ack ack, int maxInFlight, int concurrency) {
        this.handler = handler;
        this.ack = ack;
        this.maxInFlight = maxInFlight;
        ThreadFactory named = new NamedThreads("mesh-client");
        this.threads = new ThreadPoolExecutor(
                concurrency, concurrency, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(maxInFlight), named);
        this.threads.allowCoreThreadTimeOut(true);
    }

    void begin(Mesh mesh, CallContext context, SubscribeTerms terms) {
        mesh.subscribe(context, terms, this).whenComplete((attached, failure) -> {
            if (failure != null) {
                EventMeshException why = EventMeshException.of(failure);
                closed = true;
                threads.shutdown();
                ready.completeExceptionally(why);
                ended.completeExceptionally(why);
            } else if (closed) {
                attached.close();
            } else {
                member.complete(attached);
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
            threads.execute(() -> handle(delivery));
        } catch (RejectedExecutionException leaving) {
            // The membership is about to end, which gives the event back.
            log.debug("Delivery left to others. subscription={}", delivery.id());
        }
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
            try {
                if (!threads.awaitTermination(DRAIN.toNanos(), TimeUnit.NANOSECONDS)) {
                    log.warn("Subscription closed while handlers run. waitedMs={}", DRAIN.toMillis());
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        Member attached = member.getNow(null);
        if (attached != null) {
            attached.close();
        }
        ended.complete(null);
    }

    private void handle(io.eventmesh.spi.mesh.Delivery offered) {
        Member attached = member.getNow(null);
        if (attached == null || closed) {
            return;
        }
        HandledDelivery delivery = new HandledDelivery(attached, offered, ack == Ack.EXPLICIT);
        CloudEvent event;
        try {
            event = CloudEvents.toCloudEvent(offered.record().event());
        } catch (EventMeshException unreadable) {
            delivery.settleReject(unreadable.reason());
            return;
        }
        Thread thread = Thread.currentThread();
        handling.add(thread);
        try {
            handler.handle(event, delivery);
            if (ack == Ack.AUTO) {
                delivery.settleAck();
            }
        } catch (Exception failure) {
            log.debug("Handler failed, event released. id={} attempt={}", event.getId(), offered.attempt(), failure);
            delivery.settleRelease(Duration.ZERO);
            if (failure instanceof InterruptedException) {
                thread.interrupt();
            }
        } finally {
            handling.remove(thread);
        }
    }
}
