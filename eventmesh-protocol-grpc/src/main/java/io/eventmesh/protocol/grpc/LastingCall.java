package io.eventmesh.protocol.grpc;

import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.spi.mesh.CallContext;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * A call of many messages, which is told of the door's end. All state lives in the call's serial executor, on the loop of
 * its connection; it ends once.
 */
abstract class LastingCall<Q, A> extends ServerCall.Listener<Q> implements Door.OpenStream {
    /** Makes the state of one call. */
    interface Made<Q, A> {
        LastingCall<Q, A> of(Door door, ServerCall<Q, A> call, CallContext caller);
    }

    final Door door;
    final ServerCall<Q, A> call;
    final CallContext caller;
    final Home home;
    final SerialExecutor serial;
    private boolean ended;

    LastingCall(Door door, ServerCall<Q, A> call, CallContext caller) {
        this.door = door;
        this.call = call;
        this.caller = caller;
        this.home = door.home();
        this.serial = door.serial(home);
    }

    static <Q, A> ServerCallHandler<Q, A> handler(Door door, Made<Q, A> made) {
        return (call, headers) -> {
            CallContext caller;
            try {
                caller = door.caller(call, headers);
            } catch (RuntimeException refused) {
                return UnaryCall.refused(call, refused);
            }
            LastingCall<Q, A> lasting = made.of(door, call, caller);
            call.sendHeaders(new Metadata());
            door.opened(lasting);
            lasting.serial.execute(lasting::begin);
            return lasting;
        };
    }

    /** Asks for the first messages. */
    abstract void begin();

    /** Takes a message; what it throws ends the call. */
    abstract void take(Q message);

    /** Gives back what the call holds; called once, before the call is answered. */
    abstract void release();

    @Override
    public final void onMessage(Q message) {
        serial.execute(() -> {
            if (ended) {
                return;
            }
            try {
                take(message);
            } catch (RuntimeException refused) {
                end(refused);
            }
        });
    }

    @Override
    public final void onCancel() {
        serial.execute(this::leave);
    }

    final boolean hasEnded() {
        return ended;
    }

    /** Ends the call, with OK or with a cause. */
    final void end(@Nullable Throwable cause) {
        if (!leave()) {
            return;
        }
        if (cause == null) {
            call.close(Status.OK, new Metadata());
        } else {
            UnaryCall.close(call, cause);
        }
    }

    private boolean leave() {
        if (ended) {
            return false;
        }
        ended = true;
        door.ended(this);
        release();
        return true;
    }
}
