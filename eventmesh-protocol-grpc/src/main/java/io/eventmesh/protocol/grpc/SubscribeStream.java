package io.eventmesh.protocol.grpc;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.Receiver;
import io.grpc.ServerCall;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code MeshService.Subscribe}: NEW, then OPENING with the first frame, OPEN once the subscription is
 * stored, ENDED.
 *
 * <p>The client's credit is passed on to the mesh in slices, and only while the connection takes more: a slow one
 * holds at most a slice in this process, however much credit it gave. All state lives in the call's serial executor.
 */
final class SubscribeStream extends LastingCall<SubscribeRequest, InputStream> implements Receiver {
    private static final int SLICE_EVENTS = 512;
    private static final long SLICE_BYTES = 1L << 20;
    /** Bytes that wait in the transport before it says that it is not ready. */
    private static final int READY_THRESHOLD = 256 << 10;

    private static final int READ_AHEAD = 64;
    private static final SubscribeAnswer PING = SubscribeAnswer.newBuilder()
            .setPing(SubscribeAnswer.Ping.getDefaultInstance())
            .build();

    private static final SubscribeAnswer DRAINING = SubscribeAnswer.newBuilder()
            .setDraining(SubscribeAnswer.Draining.getDefaultInstance())
            .build();

    private @Nullable Member member;
    private Scheduler.@Nullable Timer ping;
    /** Given by the client and not yet passed on. */
    private long events;

    private long bytes;
    /** Passed on and not yet used up. */
    private long sliceEvents;

    private long sliceBytes;
    private boolean fenced;
    private ByteString leaseToken = ByteString.EMPTY;
    private boolean opening;
    private boolean leaving;

    SubscribeStream(Door door, ServerCall<SubscribeRequest, InputStream> call, CallContext caller) {
        super(door, call, caller);
        call.setOnReadyThreshold(READY_THRESHOLD);
    }

    @Override
    void begin() {
        call.request(READ_AHEAD);
        armPing();
    }

    @Override
    public void onReady() {
        serial.execute(this::passOnCredit);
    }

    @Override
    public void onHalfClose() {
        serial.execute(() -> {
            leaving = true;
            if (member != null) {
                member.leave();
            }
            if (!opening) {
                end(null);
            }
        });
    }

    @Override
    public void deliver(Delivery delivery) {
        serial.execute(() -> write(delivery));
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        serial.execute(() -> end(cause));
    }

    /** Tells the client to go on elsewhere, while it settles here what it has; the group ends the call after that. */
    @Override
    public void drain() {
        serial.execute(() -> {
            if (member != null && !hasEnded()) {
                call.sendMessage(DeliveryFrames.of(DRAINING));
            }
        });
    }

    @Override
    public void shut() {
        serial.execute(() -> end(door.shuttingDown()));
    }

    @Override
    void take(SubscribeRequest frame) {
        switch (frame.getFrameCase()) {
            case OPEN -> open(frame.getOpen());
            case CREDIT -> credit(frame.getCredit());
            case SETTLE -> settle(frame.getSettle());
            case LEASE_TOKEN -> leaseToken = frame.getLeaseToken();
            case FRAME_NOT_SET -> throw invalid("frame: none (expected: open, credit, settle or lease_token)");
        }
        call.request(1);
    }

    private void open(SubscribeRequest.Open open) {
        if (opening || member != null) {
            throw invalid("frame: a second open (expected: one a stream)");
        }
        CallContext context = Door.in(caller, open.getNamespace());
        if (open.hasFence()) {
            context = context.withFence(MeshProtos.fromProto(open.getFence()));
            fenced = true;
            leaseToken = open.getLeaseToken();
            requireLease();
        }
        opening = true;
        door.mesh()
                .subscribe(context, MeshProtos.terms(context.namespace(), open), this)
                .whenComplete((attached, failure) -> serial.execute(() -> opened(attached, failure)));
    }

    private void opened(@Nullable Member attached, @Nullable Throwable failure) {
        opening = false;
        if (attached == null) {
            end(failure == null ? new IllegalStateException("no member") : failure);
        } else if (hasEnded()) {
            attached.close();
        } else {
            member = attached;
            call.sendMessage(DeliveryFrames.of(SubscribeAnswer.newBuilder()
                    .setOpened(SubscribeAnswer.Opened.newBuilder()
                            .setSubscription(attached.subscription().toString())
                            .setRuntime(door.context().runtimeId()))
                    .build()));
            if (leaving) {
                end(null);
            } else {
                passOnCredit();
            }
        }
    }

    private void credit(SubscribeRequest.Credit credit) {
        if (credit.getEvents() < 0 || credit.getBytes() < 0) {
            throw invalid("credit: %d events, %d bytes (expected: 0 or more)"
                    .formatted(credit.getEvents(), credit.getBytes()));
        }
        events += credit.getEvents();
        long sum = bytes + credit.getBytes();
        bytes = sum < bytes ? Long.MAX_VALUE : sum;
        passOnCredit();
    }

    private void settle(SubscribeRequest.Settle settle) {
        Member attached = member;
        if (attached == null) {
            throw invalid("frame: settle (expected: open first)");
        }
        requireLease();
        for (int i = 0; i < settle.getAckCount(); i++) {
            attached.ack(settle.getAck(i));
        }
        settle.getReleaseList()
                .forEach(one -> attached.release(one.getDelivery(), Duration.ofMillis(Math.max(0, one.getDelayMs()))));
        settle.getRejectList().forEach(one -> attached.reject(one.getDelivery(), one.getReason()));
    }

    private void requireLease() {
        if (fenced) {
            door.context().leases().check(caller.principal(), leaseToken);
        }
    }

    private void write(Delivery delivery) {
        if (hasEnded()) {
            return;
        }
        sliceEvents--;
        sliceBytes -= delivery.record().event().size();
        call.sendMessage(DeliveryFrames.of(delivery));
        passOnCredit();
    }

    /** Tops up what the mesh may deliver, when half of it is used up and the connection takes more. */
    private void passOnCredit() {
        Member attached = member;
        if (attached == null || hasEnded() || !call.isReady()) {
            return;
        }
        int moreEvents = 0;
        if (sliceEvents <= SLICE_EVENTS / 2) {
            moreEvents = (int) Math.min(events, SLICE_EVENTS - sliceEvents);
        }
        long moreBytes = 0;
        if (sliceBytes <= SLICE_BYTES / 2) {
            moreBytes = Math.min(bytes, SLICE_BYTES - sliceBytes);
        }
        if (moreEvents > 0 || moreBytes > 0) {
            events -= moreEvents;
            bytes -= moreBytes;
            sliceEvents += moreEvents;
            sliceBytes += moreBytes;
            attached.request(moreEvents, moreBytes);
        }
    }

    private void armPing() {
        if (!hasEnded()) {
            ping = door.context()
                    .scheduler()
                    .schedule(door.config().pingInterval(), () -> serial.executeLater(this::ping));
        }
    }

    private void ping() {
        // A connection that takes nothing has enough to read already.
        if (!hasEnded() && call.isReady()) {
            call.sendMessage(DeliveryFrames.of(PING));
        }
        armPing();
    }

    @Override
    void release() {
        if (ping != null) {
            ping.cancel();
        }
        if (member != null) {
            member.close();
        }
    }

    private static EventMeshException invalid(String message) {
        return new EventMeshException(ErrorCode.REQUEST_INVALID, message);
    }
}
