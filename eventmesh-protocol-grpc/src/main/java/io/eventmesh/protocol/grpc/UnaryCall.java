package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.CallContext;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One call with one request and one answer, without the observers that gRPC's stubs would put in between: what a call
 * costs is most of what a publish costs.
 */
final class UnaryCall<Q, A> extends ServerCall.Listener<Q> {
    /** What a method does. Called on an I/O thread; must not block. */
    interface Method<Q, A> {
        /**
         * Begins the work.
         *
         * @param answer to be told the outcome, once, by any thread
         */
        void run(CallContext caller, Q request, UnaryCall<Q, A> answer);
    }

    /** Who makes a call, or why it is not taken. */
    private interface Callers {
        CallContext of(ServerCall<?, ?> call, Metadata headers);
    }

    private final ServerCall<Q, A> call;
    private final Home home;
    private final CallContext caller;
    private final Method<Q, A> method;
    private final @Nullable Function<EventMeshException, A> refusal;
    private @Nullable Q request;

    private UnaryCall(
            ServerCall<Q, A> call,
            Home home,
            CallContext caller,
            Method<Q, A> method,
            @Nullable Function<EventMeshException, A> refusal) {
        this.call = call;
        this.home = home;
        this.caller = caller;
        this.method = method;
        this.refusal = refusal;
    }

    static <Q, A> ServerCallHandler<Q, A> handler(Door door, Method<Q, A> method) {
        return handler(door, door::caller, method);
    }

    /** A method that is no new work, so that it is taken until the door closes. */
    static <Q, A> ServerCallHandler<Q, A> lateHandler(Door door, Method<Q, A> method) {
        return handler(door, door::lateCaller, method);
    }

    private static <Q, A> ServerCallHandler<Q, A> handler(Door door, Callers callers, Method<Q, A> method) {
        return (call, headers) -> {
            CallContext caller;
            try {
                caller = callers.of(call, headers);
            } catch (RuntimeException refused) {
                return refused(call, refused);
            }
            return begun(new UnaryCall<>(call, door.home(), caller, method, null));
        };
    }

    /**
     * A method whose failures are answers too, for clients that take a failed call for a broken connection.
     *
     * @param refusal what to answer instead of a status
     */
    static <Q, A> ServerCallHandler<Q, A> handler(
            Door door, Function<EventMeshException, A> refusal, Method<Q, A> method) {
        return (call, headers) -> {
            CallContext caller;
            try {
                caller = door.caller(call, headers);
            } catch (RuntimeException refused) {
                answer(call, refusal.apply(Statuses.ours(refused)));
                return new ServerCall.Listener<>() {};
            }
            return begun(new UnaryCall<>(call, door.home(), caller, method, refusal));
        };
    }

    private static <Q, A> UnaryCall<Q, A> begun(UnaryCall<Q, A> unary) {
        // One more than the one message, so that the end of the requests is seen.
        unary.call.request(2);
        return unary;
    }

    /** Answers a call with a failure before it began. */
    static <Q> ServerCall.Listener<Q> refused(ServerCall<Q, ?> call, Throwable failure) {
        close(call, failure);
        return new ServerCall.Listener<>() {};
    }

    static void close(ServerCall<?, ?> call, Throwable failure) {
        StatusRuntimeException status = Statuses.of(failure);
        Metadata trailers = status.getTrailers();
        call.close(status.getStatus(), trailers == null ? new Metadata() : trailers);
    }

    @Override
    public void onMessage(Q message) {
        request = message;
    }

    @Override
    public void onHalfClose() {
        Q received = request;
        request = null;
        if (received == null) {
            fail(new EventMeshException(ErrorCode.REQUEST_INVALID, "request: none (expected: one message)"));
            return;
        }
        try {
            method.run(caller, received, this);
        } catch (RuntimeException failure) {
            fail(failure);
        }
    }

    /** Answers when the stage is done. */
    void completeWith(CompletionStage<A> stage) {
        stage.whenComplete((answer, failure) -> {
            if (failure != null) {
                fail(failure);
            } else {
                succeed(answer);
            }
        });
    }

    void succeed(A answer) {
        home.execute(() -> {
            if (!call.isCancelled()) {
                answer(call, answer);
            }
        });
    }

    void fail(Throwable failure) {
        home.execute(() -> refuse(failure));
    }

    private void refuse(Throwable failure) {
        if (call.isCancelled()) {
            return;
        }
        if (refusal == null) {
            close(call, failure);
        } else {
            answer(call, refusal.apply(Statuses.ours(failure)));
        }
    }

    private static <A> void answer(ServerCall<?, A> call, A answer) {
        call.sendHeaders(new Metadata());
        call.sendMessage(answer);
        call.close(Status.OK, new Metadata());
    }
}
