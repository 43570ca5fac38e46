package io.eventmesh.sdk.remote;

import com.google.protobuf.ByteString;
import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.proto.v1.PublishRequest;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.storage.Position;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Publishes over one {@code MeshService.Publish} stream at a time, in the order of the calls. When the stream is lost,
 * everything unanswered is sent again, in its order, over a stream to the next runtime: an event whose answer was lost
 * is then stored twice, with the same source and id. A runtime that is about to end answers all that it took before its
 * stream ends, so that none is: the next stream is not opened before.
 *
 * <p>Bounded by the options' events and bytes in flight; only as much as the connection takes is given to it, the rest
 * waits here. Thread-safe; all state lives in a serial executor.
 */
final class PublishLane {
    private static final Duration LOOK_EVERY = Duration.ofMillis(250);
    /** How long a runtime that is about to end may take for its last answers. */
    private static final Duration LAST_ANSWERS = Duration.ofSeconds(2);
    /** What stands around an event in a message, generously. */
    private static final int FRAME_AROUND = 4096;

    private record Pending(
            long seq, CallContext context, Outgoing outgoing, long deadline, CompletableFuture<Position> answer) {}

    private final Wiring wiring;
    private final SerialExecutor serial;
    private final Attempts attempts;
    private final Map<Long, Pending> pending = new LinkedHashMap<>();
    private final Partitions partitions = new Partitions();
    private final CompletableFuture<Void> drained = new CompletableFuture<>();
    private long bytes;
    private long nextSeq = 1;
    private @Nullable Stream stream;
    private boolean looking;
    private boolean closing;

    PublishLane(Wiring wiring) {
        this.wiring = wiring;
        this.serial = wiring.serial();
        this.attempts = new Attempts(wiring, serial);
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

    /** A runtime became known: no need to wait any longer, and perhaps a reason to move. */
    void endpointsChanged() {
        serial.execute(() -> {
            if (stream == null) {
                // also when nothing is in flight: the next publish must not wait for the pause of an earlier one
                attempts.cancel();
                open();
            } else if (!wiring.links().isCurrent(stream.link)) {
                stream.leave();
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
            failAll(RemoteMesh.closed());
            if (stream != null) {
                stream.call.cancel("client closed", null);
                stream = null;
            }
            attempts.cancel();
        });
    }

    private void accept(CallContext context, Outgoing outgoing, CompletableFuture<Position> answer) {
        EventMeshException refusal = refusal(outgoing.event().size());
        if (refusal != null) {
            answer.completeExceptionally(refusal);
            return;
        }
        Pending one = new Pending(nextSeq++, context, outgoing, wiring.deadline(context), answer);
        pending.put(one.seq, one);
        bytes += outgoing.event().size();
        send(one);
    }

    private @Nullable EventMeshException refusal(int size) {
        DataSize largest = wiring.options().maxMessageSize();
        if (closing) {
            return RemoteMesh.closed();
        }
        if (size > largest.bytes() - FRAME_AROUND) {
            return new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE,
                    "event size: %d (expected: <= %d)".formatted(size, largest.bytes() - FRAME_AROUND));
        }
        if (!isFullFor(size)) {
            return null;
        }
        EventMeshException full = new EventMeshException(
                ErrorCode.OVERLOADED,
                "publishes in flight: %d events, %d bytes (expected: <= %d events, %s)"
                        .formatted(
                                pending.size(),
                                bytes,
                                wiring.options().maxInFlightEvents(),
                                wiring.options().maxInFlightBytes()));
        if (!wiring.options().dropOldest()) {
            return full;
        }
        while (isFullFor(size)) {
            Pending oldest = pending.values().iterator().next();
            remove(oldest);
            oldest.answer.completeExceptionally(full);
        }
        return null;
    }

    private boolean isFullFor(int size) {
        return pending.size() >= wiring.options().maxInFlightEvents()
                || (bytes + size > wiring.options().maxInFlightBytes().bytes() && !pending.isEmpty());
    }

    private void send(Pending one) {
        look();
        if (stream != null) {
            stream.send(one);
        } else if (!attempts.isWaiting()) {
            open();
        }
    }

    private void open() {
        if (stream != null || pending.isEmpty()) {
            return;
        }
        attempts.cancel();
        Links.Link link = wiring.links().current();
        if (link == null) {
            attempts.schedule(attempts.nobodyKnown(), this::open);
            return;
        }
        Stream opened = new Stream(link);
        try {
            opened.start();
        } catch (EventMeshException refused) {
            opened.call.cancel("not begun", refused);
            failAll(refused);
            return;
        }
        stream = opened;
        pending.values().forEach(opened::send);
    }

    private void answered(Stream from, PublishAnswer answer) {
        if (from != stream) {
            return;
        }
        from.lastAnswer = wiring.clock().nanoTime();
        from.call.request(1);
        EventMeshException refusal = answer.hasProblem() ? Refusals.of(from.link, answer.getProblem()) : null;
        attempts.answered(refusal);
        Pending one = pending.get(answer.getSeq());
        if (one == null) {
            return;
        }
        if (refusal == null) {
            remove(one);
            one.answer.complete(new Position(
                    partitions.of(one.context.namespace(), one.outgoing.topic(), answer.getPartition()),
                    answer.getOffset()));
        } else if (refusal.code() != ErrorCode.SHUTTING_DOWN) {
            remove(one);
            one.answer.completeExceptionally(refusal);
        } else {
            // the runtime is about to end and did not take it: it is sent again with the others
            wiring.lost(from.link);
            from.leave();
        }
        checkDrained();
    }

    private void lost(Stream from, EventMeshException why) {
        if (from != stream) {
            return;
        }
        stream = null;
        if (from.leaving) {
            open();
            return;
        }
        if (Refusals.isFinal(why)) {
            failAll(why);
            return;
        }
        Duration pause = attempts.lost(from.link, why);
        if (!pending.isEmpty()) {
            attempts.schedule(pause, this::open);
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
            one.answer.completeExceptionally(
                    attempts.tooLate("publish: no answer in time, whether it is stored is unknown"));
        }
        Stream open = stream;
        if (open != null && !pending.isEmpty() && open.isSilent(now)) {
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

    /** One call; what its listener hears goes through the lane's serial executor. */
    private final class Stream extends ClientCall.Listener<PublishAnswer> {
        /** Answers asked of the transport ahead of those that came. */
        private static final int READ_AHEAD = 256;
        /** Bytes that wait in the transport before it says that it is not ready. */
        private static final int READY_THRESHOLD = 512 << 10;

        final Links.Link link;
        final ClientCall<PublishRequest, PublishAnswer> call;
        /** The proof of the runtime's lease that the stream has. */
        private ByteString told = ByteString.EMPTY;
        /** Accepted and not yet given to the connection, in order; some may have been given up. */
        private final Queue<Pending> unsent = new ArrayDeque<>();

        long lastAnswer;
        private boolean leaving;

        Stream(Links.Link link) {
            this.link = link;
            this.call = link.channel()
                    .newCall(
                            MeshServiceGrpc.getPublishMethod(),
                            CallOptions.DEFAULT.withOnReadyThreshold(READY_THRESHOLD));
            this.lastAnswer = wiring.clock().nanoTime();
        }

        void start() {
            call.start(this, wiring.headers().next());
            call.request(READ_AHEAD);
        }

        void send(Pending one) {
            if (pending.size() == 1) {
                // The silence is measured from when somebody began to wait.
                lastAnswer = wiring.clock().nanoTime();
            }
            if (leaving) {
                return;
            }
            if (unsent.isEmpty() && call.isReady()) {
                write(one);
            } else {
                unsent.add(one);
                forgetGivenUp();
            }
        }

        /** Sends nothing more; the stream ends when what was sent is answered. */
        void leave() {
            if (!leaving) {
                leaving = true;
                lastAnswer = wiring.clock().nanoTime();
                unsent.clear();
                call.halfClose();
            }
        }

        boolean isSilent(long now) {
            Duration bound = leaving ? LAST_ANSWERS : wiring.options().silence();
            return now - lastAnswer >= bound.toNanos();
        }

        private void sendOn() {
            while (!unsent.isEmpty() && call.isReady()) {
                Pending next = unsent.remove();
                if (pending.containsKey(next.seq)) {
                    write(next);
                }
            }
        }

        private void write(Pending one) {
            ByteString lease = one.context.fence() == null ? told : wiring.lease();
            // a proof is sent once a stream, and again when it is another one
            ByteString news = lease.equals(told) ? ByteString.EMPTY : lease;
            told = lease;
            call.sendMessage(Frames.publish(one.seq, one.context, one.outgoing, news));
        }

        /** Keeps the queue as short as what is in flight, although a stuck connection never lets it run empty. */
        private void forgetGivenUp() {
            if (unsent.size() <= 2L * pending.size()) {
                return;
            }
            for (Iterator<Pending> all = unsent.iterator(); all.hasNext(); ) {
                if (!pending.containsKey(all.next().seq)) {
                    all.remove();
                }
            }
        }

        @Override
        public void onReady() {
            serial.execute(this::sendOn);
        }

        @Override
        public void onMessage(PublishAnswer answer) {
            serial.execute(() -> answered(this, answer));
        }

        @Override
        public void onClose(Status status, Metadata trailers) {
            serial.execute(() -> lost(this, Refusals.of(link, status, trailers)));
        }
    }
}
