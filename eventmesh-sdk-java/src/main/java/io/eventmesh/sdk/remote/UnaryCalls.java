package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ConnectivityState;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Calls with one answer. Each waits for a runtime to be known, and goes to another one when its runtime is lost, until
 * its deadline. Bounded as publishes are. Thread-safe; all state lives in a serial executor.
 */
final class UnaryCalls {
    private final Wiring wiring;
    private final SerialExecutor serial;
    private final Set<Call<?, ?>> open = new LinkedHashSet<>();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private boolean closing;

    UnaryCalls(Wiring wiring) {
        this.wiring = wiring;
        this.serial = wiring.serial();
    }

    /**
     * Makes a call.
     *
     * @param request for an attempt that has so much time
     * @param deadline on the monotonic clock
     */
    <Q, A> CompletionStage<A> call(MethodDescriptor<Q, A> method, Function<Duration, Q> request, long deadline) {
        Call<Q, A> call = new Call<>(method, request, deadline);
        serial.execute(() -> {
            if (closing) {
                call.result.completeExceptionally(RemoteMesh.closed());
            } else if (open.size() >= wiring.options().maxInFlightEvents()) {
                call.result.completeExceptionally(new EventMeshException(
                        ErrorCode.OVERLOADED,
                        "calls in flight: %d (expected: <= %d)"
                                .formatted(open.size(), wiring.options().maxInFlightEvents())));
            } else {
                open.add(call);
                call.attempt();
            }
        });
        return call.result;
    }

    /** A runtime became known: no need to wait any longer. */
    void endpointsChanged() {
        serial.execute(() -> List.copyOf(open).forEach(Call::attemptNow));
    }

    /** Takes nothing new; the stage completes when everything is answered. */
    CompletionStage<Void> drain() {
        serial.execute(() -> {
            closing = true;
            checkDrained();
        });
        return drained;
    }

    /** Fails what is not answered. */
    void close() {
        serial.execute(() -> {
            closing = true;
            List.copyOf(open).forEach(Call::abandon);
            checkDrained();
        });
    }

    private void checkDrained() {
        if (closing && open.isEmpty()) {
            drained.complete(null);
        }
    }

    private final class Call<Q, A> {
        private final MethodDescriptor<Q, A> method;
        private final Function<Duration, Q> request;
        private final long deadline;
        private final Attempts attempts = new Attempts(wiring, serial);
        private final CompletableFuture<A> result = new CompletableFuture<>();
        private @Nullable ClientCall<Q, A> running;

        Call(MethodDescriptor<Q, A> method, Function<Duration, Q> request, long deadline) {
            this.method = method;
            this.request = request;
            this.deadline = deadline;
        }

        void attemptNow() {
            if (running == null) {
                attempt();
            }
        }

        void attempt() {
            attempts.cancel();
            long left = deadline - wiring.clock().nanoTime();
            if (left <= 0) {
                fail(attempts.tooLate("call: no answer in time"));
                return;
            }
            Links.Link link = wiring.links().current();
            if (link == null) {
                later(attempts.nobodyKnown());
                return;
            }
            ClientCall<Q, A> call =
                    link.channel().newCall(method, CallOptions.DEFAULT.withDeadlineAfter(left, TimeUnit.NANOSECONDS));
            running = call;
            try {
                call.start(new Answer(link, call), wiring.headers().next());
                call.request(2);
                call.sendMessage(request.apply(Duration.ofNanos(left)));
                call.halfClose();
            } catch (EventMeshException refused) {
                call.cancel("not begun", refused);
                fail(refused);
                return;
            }
            attempts.schedule(wiring.options().silence(), () -> lookAtConnection(link, call));
        }

        /** A connection that stands is watched by its keep-alive; one that does not come about is given up here. */
        private void lookAtConnection(Links.Link link, ClientCall<Q, A> call) {
            if (running == call && link.channel().getState(false) != ConnectivityState.READY) {
                call.cancel("no connection", null);
                ended(link, call, null, new EventMeshException(ErrorCode.SHUTTING_DOWN, "connection: none in time"));
            }
        }

        private void later(Duration pause) {
            long left = Math.max(0, deadline - wiring.clock().nanoTime());
            attempts.schedule(pause.toNanos() < left ? pause : Duration.ofNanos(left), this::attempt);
        }

        void abandon() {
            ClientCall<Q, A> call = running;
            fail(RemoteMesh.closed());
            if (call != null) {
                call.cancel("client closed", null);
            }
        }

        private void ended(Links.Link link, ClientCall<Q, A> from, @Nullable A answer, EventMeshException why) {
            if (from != running) {
                return;
            }
            running = null;
            if (answer != null) {
                attempts.answered(null);
                settle();
                result.complete(answer);
            } else if (why.code() == ErrorCode.SHUTTING_DOWN) {
                later(attempts.lost(link, why));
            } else {
                if (why.code() != ErrorCode.DEADLINE_EXCEEDED) {
                    attempts.answered(why);
                }
                fail(why);
            }
        }

        private void fail(EventMeshException why) {
            running = null;
            settle();
            result.completeExceptionally(why);
        }

        private void settle() {
            attempts.cancel();
            open.remove(this);
            checkDrained();
        }

        /** What one attempt hears. */
        private final class Answer extends ClientCall.Listener<A> {
            private final Links.Link link;
            private final ClientCall<Q, A> call;
            private @Nullable A answer;

            Answer(Links.Link link, ClientCall<Q, A> call) {
                this.link = link;
                this.call = call;
            }

            @Override
            public void onMessage(A message) {
                answer = message;
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
                A received = status.isOk() ? answer : null;
                serial.execute(() -> ended(link, call, received, Refusals.of(link, status, trailers)));
            }
        }
    }
}
