package io.eventmesh.sdk.remote;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.Position;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Publishes over one {@code MeshService.Publish} stream at a time, in the order of the calls. When the stream is lost,
 * everything unanswered is sent again, in its order, over a stream to the next runtime: an event whose answer was lost
 * is then stored twice.
 *
 * <p>Bounded by the options' events and bytes in flight. Thread-safe; all state lives in a serial executor.
 */
final class PublishLane {
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    /** What stands around an event in a message, generously. */
    private static final int FRAME_AROUND = 4096;

    private static final String NO_LOSS = "none";

    private static final class Pending {
        final long seq;
        final CallContext context;
        final Outgoing outgoing;
        final long deadline;
        final CompletableFuture<Position> answer = new CompletableFuture<>();

        Pending(long seq, CallContext context, Outgoing outgoing, long deadline) {
            this.seq = seq;
            this.context = context;
            this.outgoing = outgoing;
            this.deadline = deadline;
        }
    }

    private final Wiring wiring;
    private final SerialExecutor serial;
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private final Partitions partitions = new Partitions();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private long bytes;
    private long nextSeq = 1;
    private @Nullable Stream stream;
    private Scheduler.@Nullable Timer retry;
    private boolean looking;
    private int failures;
    private String lastLoss = NO_LOSS;
    private boolean closing;

    PublishLane(Wiring wiring) {
        this.wiring = wiring;
        this.serial = wiring.serial();
    }

    CompletionStage<Position> publish(CallContext context, Outgoing outgoing) {
        CompletableFuture<Position> answer = new CompletableFuture<>();
        serial.execute(() -> accept(context, outgoing, answer));
        return answer;
    }

    /** Several in a row, with nothing of other callers in between. */
    List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        List<CompletableFuture<Position>> answers = new ArrayList<>(events.size());
        events.forEach(event -> answers.add(new CompletableFuture<>()));
        serial.execute(() -> {
            for (int i = 0; i < events.size(); i++) {
                accept(context, events.get(i), answers.get(i));
            }
        });
        return List.copyOf(answers);
    }

    /** A runtime became known: no need to wait any longer. */
    void endpointsChanged() {
        serial.execute(() -> {
            if (stream == null) {
                // also when nothing is in flight: the next publish must not wait for the pause of an earlier one
                cancelRetry();
                open();
            }
        });
    }

    /** Takes nothing new; the stage completes when everything in flight is answered. */
    CompletionStage<Void> drain() {
        serial.execute(() -> {
            closing = true;
            checkDrained();
        });
        return drained;
    }

    /** Fails what is still in flight. */
    void close() {
        serial.execute(() -> {
            closing = true;
            failAll(closed());
            if (stream != null) {
                stream.call.cancel("client closed", null);
                stream = null;
            }
            cancelRetry();
        });
    }

    private void accept(CallContext context, Outgoing outgoing, CompletableFuture<Position> answer) {
        int size = outgoing.event().size();
        if (closing) {
            answer.completeExceptionally(closed());
        } else if (size > wiring.options().maxMessageSize().bytes() - FRAME_AROUND) {
            answer.completeExceptionally(new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE,
                    "event size: %d (expected: <= %d)"
                            .formatted(size, wiring.options().maxMessageSize().bytes() - FRAME_AROUND)));
        } else if (pending.size() >= wiring.options().maxInFlightEvents()
                || (bytes + size > wiring.options().maxInFlightBytes().bytes() && !pending.isEmpty())) {
            answer.completeExceptionally(new EventMeshException(
                    ErrorCode.OVERLOADED,
                    "publishes in flight: %d events, %d bytes (expected: <= %d events, %s)"
                            .formatted(
                                    pending.size(),
                                    bytes,
                                    wiring.options().maxInFlightEvents(),
                                    wiring.options().maxInFlightBytes())));
        } else {
            Pending one = new Pending(nextSeq++, context, outgoing, wiring.deadline(context));
            one.answer.whenComplete((position, failure) -> {
                if (failure == null) {
                    answer.complete(position);
                } else {
                    answer.completeExceptionally(failure);
                }
            });
            pending.put(one.seq, one);
            bytes += size;
            send(one);
        }
    }

    private void send(Pending one) {
        look();
        if (stream != null) {
            stream.send(one);
        } else if (retry == null) {
            open();
        }
    }

    private void open() {
        if (stream != null || pending.isEmpty()) {
            return;
        }
        cancelRetry();
        Links.Link link = wiring.links().current();
        if (link == null) {
            failures++;
            retryAfter(wiring.backoff().after(failures));
            return;
        }
        Stream opened = new Stream(link);
        stream = opened;
        opened.start();
        pending.values().forEach(opened::send);
    }

    private void answered(Stream from, PublishAnswer answer) {
        if (from != stream) {
            return;
        }
        from.lastAnswer = wiring.clock().nanoTime();
        if (failures > 0 || !from.answered) {
            failures = 0;
            lastLoss = NO_LOSS;
            from.answered = true;
            wiring.state().accept(ConnectionState.READY);
        }
        from.call.request(1);
        Pending one = pending.get(answer.getSeq());
        if (one == null) {
            return;
        }
        if (!answer.hasProblem()) {
            remove(one);
            one.answer.complete(new Position(
                    partitions.of(one.context.namespace(), one.outgoing.topic(), answer.getPartition()),
                    answer.getOffset()));
        } else {
            EventMeshException refusal = Refusals.of(answer.getProblem());
            // A runtime that drains answers so and then ends the stream: the event is sent again with the others.
            if (refusal.code() != ErrorCode.SHUTTING_DOWN) {
                remove(one);
                one.answer.completeExceptionally(refusal);
            }
        }
        checkDrained();
    }

    private void lost(Stream from, EventMeshException why) {
        if (from != stream) {
            return;
        }
        stream = null;
        if (Refusals.isFinal(why)) {
            failAll(why);
            return;
        }
        wiring.lost(from.link);
        lastLoss = why.reason();
        failures++;
        if (!pending.isEmpty()) {
            boolean elsewhere = failures == 1 && wiring.links().hasUntried();
            retryAfter(elsewhere ? Duration.ZERO : wiring.backoff().after(failures));
        }
    }

    private void retryAfter(Duration pause) {
        cancelRetry();
        retry = wiring.scheduler()
                .schedule(
                        pause,
                        () -> serial.execute(() -> {
                            retry = null;
                            open();
                        }));
    }

    private void cancelRetry() {
        if (retry != null) {
            retry.cancel();
            retry = null;
        }
    }

    /** Looks after deadlines as long as something is in flight. */
    private void look() {
        if (looking || pending.isEmpty()) {
            return;
        }
        looking = true;
        wiring.scheduler()
                .schedule(
                        LOOK_EVERY,
                        () -> serial.execute(() -> {
                            looking = false;
                            expire();
                            look();
                        }));
    }

    private void expire() {
        long now = wiring.clock().nanoTime();
        List<Pending> expired =
                pending.values().stream().filter(one -> now - one.deadline >= 0).toList();
        for (Pending one : expired) {
            remove(one);
            one.answer.completeExceptionally(new EventMeshException(
                    ErrorCode.DEADLINE_EXCEEDED,
                    "publish: no answer in time, whether it is stored is unknown; last failure: %s (expected: one of %s)"
                            .formatted(lastLoss, wiring.links().known())));
        }
        Stream open = stream;
        if (open != null
                && !pending.isEmpty()
                && now - open.lastAnswer >= wiring.options().silence().toNanos()) {
            open.call.cancel("silent", null);
            lost(open, new EventMeshException(ErrorCode.SHUTTING_DOWN, "stream: silent"));
        }
        checkDrained();
    }

    private void failAll(EventMeshException why) {
        List<Pending> all = List.copyOf(pending.values());
        pending.clear();
        bytes = 0;
        all.forEach(one -> one.answer.completeExceptionally(why));
        checkDrained();
    }

    private void remove(Pending one) {
        pending.remove(one.seq);
        bytes -= one.outgoing.event().size();
    }

    private void checkDrained() {
        if (closing && pending.isEmpty()) {
            drained.complete(null);
        }
    }

    private static EventMeshException closed() {
        return new EventMeshException(ErrorCode.SHUTTING_DOWN, "client: closed (expected: open)");
    }

    private static PublishRequest frame(Pending one) {
        Outgoing outgoing = one.outgoing;
        PublishRequest.Builder frame = PublishRequest.newBuilder()
                .setSeq(one.seq)
                .setTopic(outgoing.topic().value())
                .setEvent(outgoing.event().toByteString())
                .setNamespace(one.context.namespace())
                .setHops(outgoing.hops());
        String target = outgoing.target();
        if (target != null) {
            frame.setTarget(target);
        }
        TaskFence fence = one.context.fence();
        if (fence != null) {
            frame.setFence(MeshProtos.toProto(fence));
        }
        return frame.build();
    }

    /** One call; what its listener hears goes through the lane's serial executor. */
    private final class Stream extends ClientCall.Listener<PublishAnswer> {
        /** Answers asked of the transport ahead of those that came. */
        private static final int READ_AHEAD = 256;

        final Links.Link link;
        final ClientCall<PublishRequest, PublishAnswer> call;
        long lastAnswer;
        boolean answered;

        Stream(Links.Link link) {
            this.link = link;
            this.call = link.channel().newCall(MeshServiceGrpc.getPublishMethod(), CallOptions.DEFAULT);
            this.lastAnswer = wiring.clock().nanoTime();
        }

        void start() {
            call.start(this, wiring.headers().get());
            call.request(READ_AHEAD);
        }

        void send(Pending one) {
            if (pending.size() == 1) {
                // The silence is measured from when somebody began to wait.
                lastAnswer = wiring.clock().nanoTime();
            }
            call.sendMessage(frame(one));
        }

        @Override
        public void onMessage(PublishAnswer answer) {
            serial.execute(() -> answered(this, answer));
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            serial.execute(() -> lost(this, Refusals.of(status, trailers)));
        }
    }
}
