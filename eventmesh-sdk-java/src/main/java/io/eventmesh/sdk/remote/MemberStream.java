package io.eventmesh.sdk.remote;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.mesh.CallContext;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;

/**
 * One call of {@code MeshService.Subscribe}: NEW, then OPEN with the mesh's word that the subscription stands; LEAVING when
 * only settlements of what was delivered still go over it; ENDED. Confined to its member's serial executor, through which
 * also goes what its listener hears.
 */
final class MemberStream extends ClientCall.Listener<SubscribeFrame> {
    private static final int READ_AHEAD = 64;

    /** The member, told in its serial executor. */
    interface Owner {
        void took(MemberStream from, SubscribeFrame frame);

        void lost(MemberStream from, EventMeshException why);
    }

    private final Wiring wiring;
    private final CallContext context;
    private final SerialExecutor serial;
    private final Executor loop;
    private final Owner owner;
    private final Links.Link link;
    private final ClientCall<SubscribeRequest, SubscribeFrame> call;
    /** From the member's ids to the stream's; what is settled or forgotten stands here no more. */
    private final Map<Long, Long> deliveries = new HashMap<>();

    private long heard;
    private boolean open;
    private boolean leaving;
    private boolean halfClosed;
    private boolean ended;
    /** Credit that this stream was given and has not used up. */
    private long grantedEvents;

    private long grantedBytes;
    /** The proof of the runtime's lease that the stream has. */
    private ByteString told;

    private SubscribeRequest.Settle.Builder settle = SubscribeRequest.Settle.newBuilder();
    private boolean flushing;

    /**
     * @param serial the member's
     * @param loop on which settlements are collected to messages
     */
    MemberStream(
            Wiring wiring, CallContext context, SerialExecutor serial, Executor loop, Owner owner, Links.Link link) {
        this.wiring = wiring;
        this.context = context;
        this.serial = serial;
        this.loop = loop;
        this.owner = owner;
        this.link = link;
        this.told = wiring.lease();
        this.call = link.channel().newCall(SubscribeFrame.METHOD, CallOptions.DEFAULT);
        this.heard = wiring.clock().nanoTime();
    }

    Links.Link link() {
        return link;
    }

    /** @throws EventMeshException UNAUTHENTICATED when there is no token where there should be one */
    void start(SubscribeRequest openFrame) {
        call.start(this, wiring.headers().next());
        call.request(READ_AHEAD);
        call.sendMessage(openFrame);
    }

    /** The proof of the runtime's lease that the open frame brings. */
    ByteString told() {
        return told;
    }

    void opened() {
        open = true;
    }

    boolean isOpen() {
        return open;
    }

    Duration silentFor() {
        return Duration.ofNanos(wiring.clock().nanoTime() - heard);
    }

    /** Brings the stream's credit up to the member's. */
    void passOnCredit(long events, long bytes) {
        if (!open || leaving) {
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

    /** Notes what was delivered: it uses up credit, and may be settled under the member's id. */
    void delivered(long delivery, SubscribeFrame frame) {
        deliveries.put(delivery, frame.id());
        grantedEvents--;
        grantedBytes -= frame.event().length;
    }

    boolean holds(long delivery) {
        return deliveries.containsKey(delivery);
    }

    /** The delivery is settled no more: it goes back with the stream. */
    void forget(long delivery) {
        deliveries.remove(delivery);
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

    /** Takes no more deliveries; ends in good order once what it still holds is settled. */
    void leave() {
        leaving = true;
        if (deliveries.isEmpty()) {
            finish();
        }
    }

    /** Ends in good order after what was settled so far; the rest goes back. */
    void finish() {
        leaving = true;
        if (!halfClosed && !ended) {
            flush();
            halfClosed = true;
            call.halfClose();
        }
    }

    /** Ends at once; the owner is told nothing more. */
    void cancel(String why) {
        ended = true;
        call.cancel(why, null);
    }

    private void flush() {
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
        if (leaving && deliveries.isEmpty()) {
            finish();
        } else if (!flushing) {
            flushing = true;
            loop.execute(() -> serial.execute(() -> {
                if (flushing && !ended && !halfClosed) {
                    flush();
                }
            }));
        }
    }

    @Override
    public void onMessage(SubscribeFrame frame) {
        serial.execute(() -> {
            if (!ended) {
                call.request(1);
                heard = wiring.clock().nanoTime();
                owner.took(this, frame);
            }
        });
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        serial.execute(() -> {
            if (!ended) {
                ended = true;
                owner.lost(this, Refusals.of(link, status, trailers));
            }
        });
    }
}
