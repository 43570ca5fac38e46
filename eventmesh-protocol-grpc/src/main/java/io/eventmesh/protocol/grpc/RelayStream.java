package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.RelayAnswer;
import io.eventmesh.proto.v1.RelayRequest;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.peer.Relay;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.peer.RelayTerms;
import io.grpc.ServerCall;
import java.io.InputStream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code MeshPeerService.Relay}: a member of another runtime at a group here. What waits for the connection is
 * bounded by the credit that the other runtime grants. All state lives in the call's serial executor.
 */
final class RelayStream extends LastingCall<RelayRequest, InputStream> implements RelayReceiver {
    private static final int READ_AHEAD = 64;
    private static final RelayAnswer OPENED = RelayAnswer.newBuilder()
            .setOpened(RelayAnswer.Opened.getDefaultInstance())
            .build();
    private static final RelayAnswer WANTING = RelayAnswer.newBuilder()
            .setWanting(RelayAnswer.Wanting.getDefaultInstance())
            .build();

    private @Nullable Relay relay;
    private boolean opening;
    private boolean leaving;
    /** Asked once the member is let in, on whichever thread. */
    private volatile boolean keepsKeys;

    RelayStream(Door door, ServerCall<RelayRequest, InputStream> call, CallContext caller) {
        super(door, call, caller);
    }

    @Override
    void begin() {
        if (!caller.principal().isRuntime()) {
            end(new EventMeshException(
                    ErrorCode.PERMISSION_DENIED,
                    "caller: %s (expected: a runtime of the cluster)"
                            .formatted(caller.principal().name())));
            return;
        }
        call.request(READ_AHEAD);
    }

    @Override
    void take(RelayRequest frame) {
        switch (frame.getFrameCase()) {
            case OPEN -> open(frame.getOpen());
            case CREDIT ->
                attached()
                        .request(
                                Math.max(0, frame.getCredit().getEvents()),
                                Math.max(0, frame.getCredit().getBytes()));
            case SETTLE -> settle(attached(), frame.getSettle());
            case RECALL -> attached().recall();
            case FINISH -> attached().finish();
            case LEAVE -> attached().leave();
            case FRAME_NOT_SET ->
                throw invalid("frame: none (expected: open, credit, settle, recall, finish or leave)");
        }
        call.request(1);
    }

    private void open(RelayRequest.Open open) {
        if (opening || relay != null) {
            throw invalid("frame: a second open (expected: one a stream)");
        }
        opening = true;
        keepsKeys = open.getKeepsKeys();
        RelayTerms terms = new RelayTerms(
                open.getRuntime(),
                MeshAdminProtos.fromProto(open.getGroup()),
                open.getClient(),
                open.getKeepsKeys(),
                open.hasFence() ? MeshProtos.fromProto(open.getFence()) : null);
        door.mesh()
                .peer()
                .relay(terms, this)
                .whenComplete((attached, failure) -> serial.execute(() -> opened(attached, failure)));
    }

    private void opened(@Nullable Relay attached, @Nullable Throwable failure) {
        if (attached == null) {
            end(failure == null ? new IllegalStateException("no relay") : failure);
        } else if (hasEnded() || leaving) {
            attached.close();
            end(null);
        } else {
            relay = attached;
            call.sendMessage(DeliveryFrames.of(OPENED));
        }
    }

    private static void settle(Relay attached, RelayRequest.Settle settle) {
        for (int i = 0; i < settle.getAckCount(); i++) {
            attached.ack(settle.getAck(i));
        }
        for (RelayRequest.GivenBack one : settle.getReleaseList()) {
            attached.release(
                    one.getDelivery(),
                    Duration.ofMillis(Math.max(0, one.getDelayMs())),
                    one.getReason(),
                    code(one.getCode()),
                    one.getMessage());
        }
        for (RelayRequest.GivenBack one : settle.getRejectList()) {
            attached.reject(one.getDelivery(), one.getReason(), code(one.getCode()), one.getMessage());
        }
    }

    /** Null for none, and for one of a later release. */
    private static @Nullable ErrorCode code(String name) {
        for (ErrorCode code : ErrorCode.values()) {
            if (code.name().equals(name)) {
                return code;
            }
        }
        return null;
    }

    private Relay attached() {
        Relay attached = relay;
        if (attached == null) {
            throw invalid("frame: before it was opened (expected: open first, and its answer)");
        }
        return attached;
    }

    @Override
    public void onHalfClose() {
        serial.execute(() -> {
            leaving = true;
            if (relay != null || !opening) {
                end(null);
            }
        });
    }

    @Override
    public boolean keepsKeys() {
        return keepsKeys;
    }

    @Override
    public void deliver(Delivery delivery) {
        serial.execute(() -> {
            if (!hasEnded()) {
                call.sendMessage(RelayFrames.of(delivery));
            }
        });
    }

    @Override
    public void wanting() {
        serial.execute(() -> {
            if (!hasEnded()) {
                call.sendMessage(DeliveryFrames.of(WANTING));
            }
        });
    }

    @Override
    public void returned(long events, long bytes) {
        serial.execute(() -> {
            if (!hasEnded()) {
                call.sendMessage(DeliveryFrames.of(RelayAnswer.newBuilder()
                        .setReturned(RelayAnswer.Returned.newBuilder()
                                .setEvents(events)
                                .setBytes(bytes))
                        .build()));
            }
        });
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        serial.execute(() -> end(cause));
    }

    @Override
    public void shut() {
        serial.execute(() -> end(door.shuttingDown()));
    }

    @Override
    void release() {
        if (relay != null) {
            relay.close();
        }
    }

    private static EventMeshException invalid(String message) {
        return new EventMeshException(ErrorCode.REQUEST_INVALID, message);
    }
}
