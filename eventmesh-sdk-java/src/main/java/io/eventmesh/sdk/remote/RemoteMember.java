package io.eventmesh.sdk.remote;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
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
 * <p>Deliveries have ids of this member's own: what was delivered by a lost stream is settled into the void, since the
 * mesh offers it again. Thread-safe; all state lives in a serial executor, which also calls the receiver.
 */
final class RemoteMember implements Member {
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
    private @Nullable Stream stream;
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

    /** A runtime became known: no need to wait any longer. */
    void endpointsChanged() {
        serial.execute(() -> {
            if (stream == null && !done) {
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
            if (stream != null) {
                stream.passOnCredit();
            }
        });
    }

    @Override
    public void ack(long delivery) {
        serial.execute(() -> {
            if (stream != null) {
                stream.ack(delivery);
            }
        });
    }

    @Override
    public void release(long delivery, Duration delay) {
        serial.execute(() -> {
            if (stream != null) {
                stream.release(delivery, delay);
            }
        });
    }

    @Override
    public void reject(long delivery, String reason) {
        serial.execute(() -> {
            if (stream != null) {
                stream.reject(delivery, reason);
            }
        });
    }

    @Override
    public void close() {
        serial.execute(() -> {
            if (done) {
                return;
            }
            done = true;
            attempts.cancel();
            ended.accept(this);
            if (stream != null && stream.open) {
                stream.flush();
                stream.call.halfClose();
            } else {
                abandon();
            }
            attached.completeExceptionally(
                    new EventMeshException(ErrorCode.SHUTTING_DOWN, "subscription: closed before it was open"));
        });
    }

    /** Ends at once, without waiting for the mesh. */
    void abort() {
        close();
        serial.execute(this::abandon);
    }

    private void abandon() {
        if (stream != null) {
            stream.call.cancel("member left", null);
            stream = null;
        }
        left.complete(null);
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
        Stream next = new Stream(link);
        try {
            next.start(Frames.open(context, terms, next.told));
        } catch (EventMeshException refused) {
            next.call.cancel("not begun", refused);
            end(refused);
            return;
        }
        stream = next;
        watch();
    }

    private void take(Stream from, SubscribeFrame frame) {
        if (from != stream) {
            return;
        }
        from.call.request(1);
        from.heard = wiring.clock().nanoTime();
        switch (frame.kind()) {
            case OPENED -> opened(from, frame);
            case DELIVERY -> deliver(from, frame);
            case SIGN_OF_LIFE -> {}
        }
    }

    private void opened(Stream from, SubscribeFrame frame) {
        from.open = true;
        attempts.answered(null);
        subscription = Frames.subscription(frame.subscription());
        from.passOnCredit();
        attached.complete(this);
    }

    private void deliver(Stream from, SubscribeFrame frame) {
        if (done) {
            return;
        }
        int size = frame.event().length;
        long id = nextDelivery++;
        from.deliveries.put(id, frame.id());
        events--;
        bytes -= size;
        from.grantedEvents--;
        from.grantedBytes -= size;
        Delivery delivery;
        try {
            delivery = Frames.delivery(partitions, context.namespace(), id, frame);
        } catch (EventMeshException unreadable) {
            from.reject(id, unreadable.reason());
            events++;
            bytes += size;
            from.passOnCredit();
            return;
        }
        receiver.deliver(delivery);
    }

    private void lost(Stream from, EventMeshException why) {
        if (from != stream) {
            return;
        }
        stream = null;
        if (done) {
            left.complete(null);
            return;
        }
        if (Refusals.isFinal(why)) {
            end(why);
            return;
        }
        retryAfter(attempts.lost(from.link, why));
    }

    private void end(EventMeshException why) {
        done = true;
        attempts.cancel();
        ended.accept(this);
        left.complete(null);
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
            Stream open = stream;
            if (open != null) {
                if (wiring.clock().nanoTime() - open.heard < silence.toNanos()) {
                    watch();
                } else {
                    open.call.cancel("silent for " + silence, null);
                    lost(open, new EventMeshException(ErrorCode.SHUTTING_DOWN, "stream: silent for " + silence));
                }
            }
        });
    }

    /** One call; what its listener hears goes through the member's serial executor. */
    private final class Stream extends ClientCall.Listener<SubscribeFrame> {
        private static final int READ_AHEAD = 64;

        final Links.Link link;
        final ClientCall<SubscribeRequest, SubscribeFrame> call;
        /** From the member's ids to the stream's. */
        final Map<Long, Long> deliveries = new HashMap<>();

        long heard;
        boolean open;
        /** Credit that this stream was given and has not used up. */
        long grantedEvents;

        long grantedBytes;
        /** The proof of the runtime's lease that the stream has. */
        private ByteString told = wiring.lease();

        private SubscribeRequest.Settle.Builder settle = SubscribeRequest.Settle.newBuilder();
        private boolean flushing;

        Stream(Links.Link link) {
            this.link = link;
            this.call = link.channel().newCall(SubscribeFrame.METHOD, CallOptions.DEFAULT);
            this.heard = wiring.clock().nanoTime();
        }

        void start(SubscribeRequest openFrame) {
            call.start(this, wiring.headers().next());
            call.request(READ_AHEAD);
            call.sendMessage(openFrame);
        }

        /** Brings the stream's credit up to the member's. */
        void passOnCredit() {
            if (!open || done) {
                return;
            }
            int moreEvents = (int) Math.min(Integer.MAX_VALUE, events - grantedEvents);
            // A new stream begins at zero while the member may be overdrawn: then nothing is given until it is not.
            long moreBytes = Math.max(0, bytes - grantedBytes);
            if (moreEvents > 0 || moreBytes > 0) {
                grantedEvents += moreEvents;
                grantedBytes += moreBytes;
                call.sendMessage(Frames.credit(moreEvents, moreBytes));
            }
        }

        void ack(long delivery) {
            Long id = deliveries.remove(delivery);
            if (id != null) {
                settle.addAck(id);
                flushSoon();
            }
        }

        void release(long delivery, Duration delay) {
            Long id = deliveries.remove(delivery);
            if (id != null) {
                settle.addRelease(
                        SubscribeRequest.Release.newBuilder().setDelivery(id).setDelayMs(delay.toMillis()));
                flushSoon();
            }
        }

        void reject(long delivery, String reason) {
            Long id = deliveries.remove(delivery);
            if (id != null) {
                settle.addReject(
                        SubscribeRequest.Reject.newBuilder().setDelivery(id).setReason(reason));
                flushSoon();
            }
        }

        void flush() {
            flushing = false;
            ByteString lease = wiring.lease();
            if (context.fence() != null && !lease.equals(told)) {
                told = lease;
                call.sendMessage(Frames.lease(lease));
            }
            if (settle.getAckCount() + settle.getReleaseCount() + settle.getRejectCount() > 0) {
                call.sendMessage(SubscribeRequest.newBuilder().setSettle(settle).build());
                settle = SubscribeRequest.Settle.newBuilder();
            }
        }

        /** What is settled until the I/O thread comes to it goes as one message. */
        private void flushSoon() {
            if (!flushing) {
                flushing = true;
                loop.execute(() -> serial.execute(() -> {
                    if (flushing && stream == this && !done) {
                        flush();
                    }
                }));
            }
        }

        @Override
        public void onMessage(SubscribeFrame frame) {
            serial.execute(() -> take(this, frame));
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            serial.execute(() -> lost(this, Refusals.of(link, status, trailers)));
        }
    }
}
