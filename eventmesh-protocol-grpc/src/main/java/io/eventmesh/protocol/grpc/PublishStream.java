package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.storage.Position;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * One call of {@code MeshService.Publish}: every event is answered by its seq, in any order.
 *
 * <p>Not read further while {@value #MAX_EVENTS} events or {@value #MAX_BYTES} bytes are unanswered, or while the
 * client does not read its answers. All state lives in the call's serial executor.
 */
final class PublishStream extends ServerCall.Listener<PublishFrame> implements Door.OpenStream {
    static final int MAX_EVENTS = 1024;
    static final long MAX_BYTES = 8L << 20;
    /** Asked of the transport at once; what has been asked for can overshoot the bounds by as much. */
    private static final int READ_AHEAD = 32;

    private final Door door;
    private final ServerCall<PublishFrame, PublishAnswer> call;
    private final CallContext caller;
    private final SerialExecutor serial;

    private int requested;
    private int inFlight;
    private long bytesInFlight;
    private boolean finishing;
    private boolean ended;
    private @Nullable EventMeshException ending;

    private PublishStream(Door door, ServerCall<PublishFrame, PublishAnswer> call, CallContext caller) {
        this.door = door;
        this.call = call;
        this.caller = caller;
        this.serial = door.serial();
    }

    static ServerCallHandler<PublishFrame, PublishAnswer> handler(Door door) {
        return (call, headers) -> {
            CallContext caller;
            try {
                caller = door.caller(call, headers);
            } catch (RuntimeException refused) {
                return UnaryCall.refused(call, refused);
            }
            PublishStream stream = new PublishStream(door, call, caller);
            call.sendHeaders(new Metadata());
            door.opened(stream);
            stream.serial.execute(stream::readOn);
            return stream;
        };
    }

    @Override
    public void onMessage(PublishFrame frame) {
        serial.execute(() -> take(frame));
    }

    @Override
    public void onReady() {
        serial.execute(this::readOn);
    }

    @Override
    public void onHalfClose() {
        serial.execute(() -> finish(null));
    }

    @Override
    public void onCancel() {
        serial.execute(() -> {
            ended = true;
            door.ended(this);
        });
    }

    @Override
    public void drain() {
        serial.execute(() -> finish(new EventMeshException(
                ErrorCode.SHUTTING_DOWN,
                "runtime %s: shutting down (expected: another runtime)"
                        .formatted(door.context().runtimeId()))));
    }

    private void take(PublishFrame frame) {
        requested--;
        if (ended) {
            return;
        }
        if (!frame.isReadable()) {
            abort(frame);
            return;
        }
        inFlight++;
        bytesInFlight += frame.size();
        try {
            door.requireOpen();
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

    private void abort(PublishFrame frame) {
        ended = true;
        door.ended(this);
        try {
            frame.requireReadable();
        } catch (EventMeshException unreadable) {
            UnaryCall.close(call, unreadable);
        }
    }

    private void answer(PublishFrame frame, @Nullable Position position, @Nullable Throwable failure) {
        inFlight--;
        bytesInFlight -= frame.size();
        if (ended) {
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
        if (ended || finishing || bytesInFlight >= MAX_BYTES || !call.isReady()) {
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
        if (ended || inFlight > 0) {
            return;
        }
        ended = true;
        door.ended(this);
        if (cause == null) {
            call.close(Status.OK, new Metadata());
        } else {
            UnaryCall.close(call, cause);
        }
    }
}
