package io.eventmesh.sdk;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscriber of a stream: its demand is passed on to the mesh as credit, at most {@value #AHEAD} events at once, and
 * every signal after the first comes on a thread of its own. Thread-safe.
 *
 * <p>Spec: Reactive Streams 1.0.4, the rules of a publisher (§1) and a subscription (§3).
 */
final class EventStream<T> implements Flow.Subscription, Membership, Receiver {
    private static final Logger log = LoggerFactory.getLogger(EventStream.class);
    private static final int AHEAD = 256;
    private static final int TERMINAL_SIGNALS = 2;

    private final ClientParts parts;
    private final Class<T> type;
    private final Ack ack;
    private final ThreadPoolExecutor thread;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();
    private volatile @Nullable Thread signalling;
    private volatile boolean done;
    /** Let go at the end, as §3.13 wants. */
    private Flow.@Nullable Subscriber<? super Delivery<T>> subscriber;

    private @Nullable Member member;
    /** Requested by the subscriber and not yet of the mesh. */
    private long demand;
    /** Requested of the mesh and not yet signalled. */
    private int granted;

    EventStream(ClientParts parts, Class<T> type, Ack ack, Flow.Subscriber<? super Delivery<T>> subscriber) {
        if (subscriber == null) {
            throw new NullPointerException("subscriber: null (expected: one)");
        }
        this.parts = parts;
        this.type = type;
        this.ack = ack;
        this.subscriber = subscriber;
        this.thread = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(AHEAD + TERMINAL_SIGNALS),
                new NamedThreads("mesh-client-stream"));
        this.thread.allowCoreThreadTimeOut(true);
    }

    /** Tells the subscriber, then attaches to the mesh. */
    void begin(SubscribeTerms terms) {
        Flow.Subscriber<? super Delivery<T>> told = subscriber();
        try {
            if (told != null) {
                told.onSubscribe(this);
            }
        } catch (RuntimeException broken) {
            leaveBroken(broken);
        }
        if (done) {
            return;
        }
        parts.mesh().subscribe(parts.call(), terms, this).whenComplete((attached, failure) -> {
            if (failure != null) {
                finish(EventMeshException.of(failure));
            } else {
                attached(attached);
            }
        });
    }

    private void attached(Member attached) {
        synchronized (this) {
            member = attached;
        }
        if (done) {
            attached.leave();
            return;
        }
        attached.request(0, RunningSubscription.WINDOW_BYTES);
        passOnDemand();
    }

    @Override
    public void request(long events) {
        if (done) {
            return;
        }
        if (events <= 0) {
            finish(new IllegalArgumentException("request: %d (expected: more than 0, §3.9)".formatted(events)));
            return;
        }
        synchronized (this) {
            long sum = demand + events;
            demand = sum < 0 ? Long.MAX_VALUE : sum;
        }
        passOnDemand();
    }

    @Override
    public void cancel() {
        synchronized (this) {
            if (done) {
                return;
            }
            done = true;
            subscriber = null;
        }
        thread.shutdown();
        leave();
    }

    @Override
    public void deliver(io.eventmesh.spi.mesh.Delivery delivery) {
        try {
            thread.execute(new Waiting(delivery, this::next));
        } catch (RejectedExecutionException leaving) {
            // The membership is about to end, which gives the event back.
            log.debug("Delivery left to others. delivery={}", delivery.id());
        }
    }

    @Override
    public List<io.eventmesh.spi.mesh.Delivery> forgetWaiting() {
        return Waiting.forget(thread);
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        finish(cause);
    }

    @Override
    public CompletableFuture<Void> ended() {
        return ended;
    }

    @Override
    public void close() {
        // Settlements of what is being signalled still count, so that the member leaves after it.
        if (signal(null) && signalling != Thread.currentThread()) {
            RunningSubscription.awaitHandlers(thread);
        }
        leave();
    }

    @Override
    public void closeNow() {
        signal(null);
        thread.shutdownNow();
        leave();
    }

    private void finish(@Nullable Throwable cause) {
        if (signal(cause)) {
            leave();
        }
    }

    /** Signals the end, after what is being signalled, unless it came before. */
    private boolean signal(@Nullable Throwable cause) {
        Flow.Subscriber<? super Delivery<T>> told;
        synchronized (this) {
            if (done) {
                return false;
            }
            done = true;
            told = subscriber;
            subscriber = null;
        }
        if (told != null) {
            thread.execute(() -> {
                if (cause == null) {
                    told.onComplete();
                } else {
                    told.onError(cause);
                }
            });
        }
        thread.shutdown();
        return true;
    }

    private void leave() {
        Member attached;
        synchronized (this) {
            attached = member;
        }
        if (attached != null) {
            attached.leave();
        }
        ended.complete(null);
    }

    private void leaveBroken(Throwable broken) {
        log.warn("Stream cancelled: its subscriber threw, which it must not.", broken);
        cancel();
    }

    private void next(io.eventmesh.spi.mesh.Delivery offered) {
        Member attached;
        Flow.Subscriber<? super Delivery<T>> told;
        synchronized (this) {
            granted--;
            attached = member;
            told = subscriber;
        }
        if (attached == null || told == null) {
            return;
        }
        Settlement settlement = new Settlement(attached, offered.id(), () -> {});
        signalling = Thread.currentThread();
        try {
            next(offered, told, settlement);
        } catch (Exception failure) {
            log.debug("Interceptor failed, event released. delivery={}", offered.id(), failure);
            settlement.release(failure instanceof EventMeshException why ? why.retryAfter() : Duration.ZERO);
            askForAnother();
        } finally {
            signalling = null;
            attached.request(0, offered.record().event().size());
            passOnDemand();
        }
    }

    private void next(
            io.eventmesh.spi.mesh.Delivery offered, Flow.Subscriber<? super Delivery<T>> told, Settlement settlement)
            throws Exception {
        T value;
        try {
            value = parts.values().of(offered.record().event(), type);
        } catch (EventMeshException unreadable) {
            settlement.reject(unreadable.reason());
            askForAnother();
            return;
        }
        if (ack == Ack.NONE) {
            settlement.ack();
        }
        HandledDelivery<T> delivery = new HandledDelivery<>(parts, offered, value, ack, settlement);
        parts.handle(delivery, () -> {
            try {
                told.onNext(delivery);
            } catch (RuntimeException broken) {
                settlement.release(Duration.ZERO);
                leaveBroken(broken);
            }
        });
        if (ack == Ack.AUTO) {
            settlement.ack();
        }
    }

    /** An event did not reach the subscriber, whose demand stands. */
    private synchronized void askForAnother() {
        demand = demand == Long.MAX_VALUE ? demand : demand + 1;
    }

    private void passOnDemand() {
        Member attached;
        int more;
        synchronized (this) {
            attached = member;
            if (attached == null || done) {
                return;
            }
            more = (int) Math.min(demand, AHEAD - granted);
            granted += more;
            // Long.MAX_VALUE is as good as without end, §3.17.
            demand = demand == Long.MAX_VALUE ? demand : demand - more;
        }
        if (more > 0) {
            attached.request(more, 0);
        }
    }

    private synchronized Flow.@Nullable Subscriber<? super Delivery<T>> subscriber() {
        return subscriber;
    }
}
