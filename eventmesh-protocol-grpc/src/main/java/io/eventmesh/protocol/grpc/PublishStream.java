package io.eventmesh.protocol.grpc;

import com.google.protobuf.ByteString;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.storage.Position;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code MeshService.Publish}: every event is answered by its seq, in any order.
 *
 * <p>Not read further while {@value #MAX_EVENTS} events or {@value #MAX_BYTES} bytes are unanswered, or while the
 * client does not read its answers. All state lives in the call's serial executor.
 */
final class PublishStream extends LastingCall<PublishFrame, PublishAnswer> {
    static final int MAX_EVENTS = 1024;
    static final long MAX_BYTES = 8L << 20;
    /** Asked of the transport at once; what has been asked for can overshoot the bounds by as much. */
    private static final int READ_AHEAD = 32;

    private int requested;
    private int inFlight;
    private long bytesInFlight;
    private ByteString leaseToken = ByteString.EMPTY;
    private boolean finishing;
    private @Nullable EventMeshException ending;

    PublishStream(Door door, ServerCall<PublishFrame, PublishAnswer> call, CallContext caller) {
        super(door, call, caller);
    }

    @Override
    void begin() {
        readOn();
    }

    @Override
    public void onReady() {
        serial.execute(this::readOn);
    }

    @Override
    public void onHalfClose() {
        serial.execute(() -> finish(null));
    }

    /** What is not read yet is not taken: the client sends it elsewhere, since the call's end tells it so. */
    @Override
    public void drain() {
        serial.execute(() -> {
            if (!finishing) {
                finish(door.shuttingDown());
            }
        });
    }

    @Override
    public void shut() {
        drain();
    }

    @Override
    void take(PublishFrame frame) {
        requested--;
        frame.requireReadable();
        inFlight++;
        bytesInFlight += frame.size();
        try {
            door.requireOpen();
            requireLease(frame);
            door.mesh()
                    .publish(
                            frame.in(caller),
                            frame.outgoing(door.context().maxEventSize().bytes()))
                    .whenComplete((position, failure) -> serial.execute(() -> answer(frame, position, failure)));
        } catch (RuntimeException refused) {
            answer(frame, null, refused);
        }
        readOn();
    }

    private void requireLease(PublishFrame frame) {
        if (!frame.leaseToken().isEmpty()) {
            leaseToken = frame.leaseToken();
        }
        if (frame.isFenced()) {
            door.context().leases().check(caller.principal(), leaseToken);
        }
    }

    @Override
    void release() {
        // What is in flight is answered into the void.
    }

    private void answer(PublishFrame frame, @Nullable Position position, @Nullable Throwable failure) {
        inFlight--;
        bytesInFlight -= frame.size();
        if (hasEnded()) {
            return;
        }
        call.sendMessage(Protos.answer(frame.seq(), position, failure));
        if (finishing) {
            finish(ending);
        } else {
            readOn();
        }
    }

    private void readOn() {
        if (hasEnded() || finishing || bytesInFlight >= MAX_BYTES || !call.isReady()) {
            return;
        }
        int more = Math.min(READ_AHEAD, MAX_EVENTS - inFlight) - requested;
        if (more > 0 && (requested == 0 || more >= READ_AHEAD / 2)) {
            requested += more;
            call.request(more);
        }
    }

    /** Ends the call once everything in flight is answered. */
    private void finish(@Nullable EventMeshException cause) {
        finishing = true;
        ending = cause;
        if (inFlight == 0) {
            end(cause);
        }
    }
}
