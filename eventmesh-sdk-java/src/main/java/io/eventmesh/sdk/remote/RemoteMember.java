package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A membership that outlives its connections. OPENING until a runtime said that the subscription stands, then OPEN;
 * when its stream is lost it is WAITING for a pause and OPENING again with the same terms and the credit that is left;
 * ENDED by {@link #close} or by a refusal that would come again.
 *
 * <p>A runtime that says that it is about to end, or that this client leaves for one that came new, is left at once, while
 * its stream stays for settling what the receiver has begun with; the rest is forgotten, to be offered again.
 *
 * <p>Deliveries have ids of this member's own: what was delivered by a lost stream is settled into the void, since the
 * mesh offers it again. Thread-safe; all state lives in a serial executor, which also calls the receiver.
 */
final class RemoteMember implements Member, MemberStream.Owner {
    private static final String LEFT = "member left";
    /** How long what has been begun with may take at a runtime that was left for a better place. */
    private static final Duration LAST_SETTLED = Duration.ofSeconds(5);

    private final Wiring wiring;
    private final CallContext context;
    private final SubscribeTerms terms;
    private final Receiver receiver;
    private final Consumer<RemoteMember> ended;
    private final Executor loop;
    private final SerialExecutor serial;
    private final Attempts attempts;
    private final CompletableFuture<Member> attached = new CompletableFuture<>();
    private final CompletableFuture<Void> left = new CompletableFuture<>();
    private final long openUntil;
    private final Partitions partitions = new Partitions();

    private volatile SubscriptionName subscription;
    private @Nullable MemberStream stream;
    /** Those of runtimes that are about to end, for what is still to be settled there. */
    private final List<MemberStream> leaving = new ArrayList<>();
    /** May still be delivered, over all connections. */
    private long events;

    private long bytes;
    private long nextDelivery = 1;
    private boolean done;

    RemoteMember(
            Wiring wiring,
            CallContext context,
            SubscribeTerms terms,
            Receiver receiver,
            Consumer<RemoteMember> ended,
            Executor loop) {
        this.wiring = wiring;
        this.context = context;
        this.terms = terms;
        this.receiver = receiver;
        this.ended = ended;
        this.loop = loop;
        this.serial = wiring.serial();
        this.attempts = new Attempts(wiring, serial);
        this.openUntil = wiring.deadline(context);
        this.subscription = new SubscriptionName(
                context.namespace(), terms.isPassing() ? "passing" : terms.group(), terms.pattern());
    }

    CompletionStage<Member> open() {
        serial.execute(this::connect);
        return attached;
    }

    /** A runtime became known: no need to wait any longer, and perhaps a reason to move. */
    void endpointsChanged() {
        serial.execute(() -> {
            MemberStream open = stream;
            if (done) {
                return;
            }
            if (open == null) {
                connect();
            } else if (open.isOpen() && !wiring.links().isCurrent(open.link())) {
                moveFrom(open);
                wiring.scheduler().schedule(LAST_SETTLED, () -> serial.execute(open::finish));
                connect();
            }
        });
    }

    /** Completes when the last settlement was taken after {@link #close}, or nothing more can come. */
    CompletionStage<Void> left() {
        return left;
    }

    @Override
    public SubscriptionName subscription() {
        return subscription;
    }

    @Override
    public void request(int moreEvents, long moreBytes) {
        serial.execute(() -> {
            events += moreEvents;
            long sum = bytes + moreBytes;
            bytes = moreBytes > 0 && sum < bytes ? Long.MAX_VALUE : sum;
            passOnCredit();
        });
    }

    @Override
    public void ack(long delivery) {
        serial.execute(() -> {
            MemberStream holder = holder(delivery);
            if (holder != null) {
                holder.ack(delivery);
            }
        });
    }

    @Override
    public void release(long delivery, Duration delay) {
        serial.execute(() -> {
            MemberStream holder = holder(delivery);
            if (holder != null) {
                holder.release(delivery, delay);
            }
        });
    }

    @Override
    public void reject(long delivery, String reason) {
        serial.execute(() -> {
            MemberStream holder = holder(delivery);
            if (holder != null) {
                holder.reject(delivery, reason);
            }
        });
    }

    /** The stream on which the delivery can be settled; none for one that was settled, or whose stream was lost. */
    private @Nullable MemberStream holder(long delivery) {
        if (stream != null && stream.holds(delivery)) {
            return stream;
        }
        for (MemberStream each : leaving) {
            if (each.holds(delivery)) {
                return each;
            }
        }
        return null;
    }

    @Override
    public void close() {
        serial.execute(() -> {
            if (done) {
                return;
            }
            done = true;
            attempts.cancel();
            leaving.forEach(MemberStream::finish);
            if (stream != null && stream.isOpen()) {
                stream.finish();
            } else if (stream != null) {
                stream.cancel(LEFT);
                stream = null;
            }
            checkLeft();
            attached.completeExceptionally(
                    new EventMeshException(ErrorCode.SHUTTING_DOWN, "subscription: closed before it was open"));
        });
    }

    /** Ends at once, without waiting for the mesh. */
    void abort() {
        close();
        serial.execute(() -> {
            if (stream != null) {
                stream.cancel(LEFT);
                stream = null;
            }
            leaving.forEach(each -> each.cancel(LEFT));
            leaving.clear();
            checkLeft();
        });
    }

    private void checkLeft() {
        if (done && stream == null && leaving.isEmpty() && left.complete(null)) {
            ended.accept(this);
        }
    }

    private void connect() {
        if (done || stream != null) {
            return;
        }
        attempts.cancel();
        Links.Link link = wiring.links().current();
        if (link == null) {
            retryAfter(attempts.nobodyKnown());
            return;
        }
        MemberStream next = new MemberStream(wiring, context, serial, loop, this, link);
        try {
            next.start(Frames.open(context, terms, next.told()));
        } catch (EventMeshException refused) {
            next.cancel("not begun");
            end(refused);
            return;
        }
        stream = next;
        watch();
    }

    private void passOnCredit() {
        if (stream != null && !done) {
            stream.passOnCredit(events, bytes);
        }
    }

    @Override
    public void took(MemberStream from, SubscribeFrame frame) {
        if (from != stream) {
            // what a runtime that is about to end delivers all the same goes back with its stream
            return;
        }
        switch (frame.kind()) {
            case OPENED -> opened(from, frame);
            case DELIVERY -> deliver(from, frame);
            case DRAINING -> drained(from);
            case SIGN_OF_LIFE -> {}
        }
    }

    private void opened(MemberStream from, SubscribeFrame frame) {
        from.opened();
        attempts.answered(null);
        subscription = Frames.subscription(frame.subscription());
        passOnCredit();
        attached.complete(this);
    }

    private void deliver(MemberStream from, SubscribeFrame frame) {
        if (done) {
            return;
        }
        long id = nextDelivery++;
        from.delivered(id, frame);
        events--;
        bytes -= frame.event().length;
        Delivery delivery;
        try {
            delivery = Frames.delivery(partitions, context.namespace(), id, frame);
        } catch (EventMeshException unreadable) {
            from.reject(id, unreadable.reason());
            events++;
            bytes += frame.event().length;
            passOnCredit();
            return;
        }
        receiver.deliver(delivery);
    }

    /** The runtime is about to end: goes on elsewhere at once, and settles there only what has been begun with. */
    private void drained(MemberStream from) {
        if (done) {
            return;
        }
        moveFrom(from);
        retryAfter(attempts.lost(
                from.link(), new EventMeshException(ErrorCode.SHUTTING_DOWN, "runtime: it is about to end")));
    }

    private void moveFrom(MemberStream from) {
        stream = null;
        leaving.add(from);
        forgetWaiting();
        from.leave();
    }

    /** What nobody has begun with comes again: its credit stands. */
    private void forgetWaiting() {
        for (Delivery forgotten : receiver.forgetWaiting()) {
            leaving.forEach(each -> each.forget(forgotten.id()));
            events++;
            bytes += forgotten.record().event().size();
        }
    }

    @Override
    public void lost(MemberStream from, EventMeshException why) {
        if (from != stream) {
            leaving.remove(from);
            checkLeft();
            return;
        }
        stream = null;
        if (done) {
            checkLeft();
            return;
        }
        if (Refusals.isFinal(why)) {
            end(why);
            return;
        }
        forgetWaiting();
        retryAfter(attempts.lost(from.link(), why));
    }

    private void end(EventMeshException why) {
        done = true;
        attempts.cancel();
        leaving.forEach(MemberStream::finish);
        checkLeft();
        if (!attached.completeExceptionally(why)) {
            receiver.closed(why);
        }
    }

    private void retryAfter(Duration pause) {
        if (!attached.isDone() && wiring.clock().nanoTime() - openUntil >= 0) {
            end(attempts.tooLate("subscription: no runtime took it in time"));
            return;
        }
        attempts.schedule(pause, this::connect);
    }

    /** Looks after the stream's signs of life. */
    private void watch() {
        Duration silence = wiring.options().silence();
        attempts.schedule(silence.dividedBy(4), () -> {
            MemberStream open = stream;
            if (open == null) {
                return;
            }
            if (open.silentFor().compareTo(silence) < 0) {
                watch();
            } else {
                open.cancel("silent for " + silence);
                wiring.dead(open.link());
                lost(open, new EventMeshException(ErrorCode.SHUTTING_DOWN, "stream: silent for " + silence));
            }
        });
    }
}
