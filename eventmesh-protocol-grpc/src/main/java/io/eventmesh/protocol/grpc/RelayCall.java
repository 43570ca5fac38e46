package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.proto.v1.RelayAnswer;
import io.eventmesh.proto.v1.RelayRequest;
import io.eventmesh.spi.mesh.MeshAdminProtos;
import io.eventmesh.spi.mesh.MeshProtos;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.peer.Relay;
import io.eventmesh.spi.peer.RelayReceiver;
import io.eventmesh.spi.peer.RelayTerms;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A member of this runtime at a group of another one: OPENING, OPEN, ENDED. What is settled until the event loop comes to
 * it goes as one message. All state lives on the event loop.
 */
final class RelayCall extends ClientCall.Listener<RelayAnswer> implements Relay {
    private static final int READ_AHEAD = 64;
    private static final RelayRequest RECALL = RelayRequest.newBuilder()
            .setRecall(RelayRequest.Recall.getDefaultInstance())
            .build();
    private static final RelayRequest FINISH = RelayRequest.newBuilder()
            .setFinish(RelayRequest.Finish.getDefaultInstance())
            .build();

    private static final RelayRequest LEAVE = RelayRequest.newBuilder()
            .setLeave(RelayRequest.Leave.getDefaultInstance())
            .build();

    private final ClientCall<RelayRequest, RelayAnswer> call;
    private final RelayTerms terms;
    private final RelayReceiver receiver;
    private final SerialExecutor serial;
    private final CompletableFuture<Relay> opened = new CompletableFuture<>();
    private RelayRequest.Settle.Builder settle = RelayRequest.Settle.newBuilder();
    private boolean flushing;
    private boolean left;
    private boolean ended;

    RelayCall(
            ClientCall<RelayRequest, RelayAnswer> call,
            RelayTerms terms,
            RelayReceiver receiver,
            EventLoop loop,
            LongSupplier nanoTime) {
        this.call = call;
        this.terms = terms;
        this.receiver = receiver;
        this.serial = SerialExecutor.at(loop, loop::inEventLoop, nanoTime);
    }

    CompletionStage<Relay> open() {
        serial.execute(() -> {
            RelayRequest.Open.Builder open = RelayRequest.Open.newBuilder()
                    .setRuntime(terms.runtime())
                    .setGroup(MeshAdminProtos.toProto(terms.group()))
                    .setClient(terms.client())
                    .setKeepsKeys(terms.keepsKeys());
            TaskFence fence = terms.fence();
            if (fence != null) {
                open.setFence(MeshProtos.toProto(fence));
            }
            call.start(this, new Metadata());
            call.request(READ_AHEAD);
            call.sendMessage(RelayRequest.newBuilder().setOpen(open).build());
        });
        return opened;
    }

    @Override
    public void onMessage(RelayAnswer answer) {
        serial.execute(() -> take(answer));
        call.request(1);
    }

    private void take(RelayAnswer answer) {
        if (left) {
            return;
        }
        switch (answer.getFrameCase()) {
            case OPENED -> opened.complete(this);
            case DELIVERY -> receiver.deliver(RelayFrames.delivery(terms.group().namespace(), answer.getDelivery()));
            case WANTING -> receiver.wanting();
            case RETURNED ->
                receiver.returned(
                        answer.getReturned().getEvents(), answer.getReturned().getBytes());
            case FRAME_NOT_SET -> {
                // of a later release
            }
        }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
        serial.execute(() -> {
            ended = true;
            if (left) {
                return;
            }
            left = true;
            if (!opened.isDone()) {
                opened.completeExceptionally(Statuses.failure(status.asRuntimeException(trailers)));
            } else {
                receiver.closed(status.isOk() ? null : Statuses.failure(status.asRuntimeException(trailers)));
            }
        });
    }

    @Override
    public void request(int events, long bytes) {
        send(RelayRequest.newBuilder()
                .setCredit(RelayRequest.Credit.newBuilder().setEvents(events).setBytes(bytes))
                .build());
    }

    @Override
    public void recall() {
        send(RECALL);
    }

    @Override
    public void finish() {
        send(FINISH);
    }

    private void send(RelayRequest frame) {
        serial.execute(() -> {
            if (!left) {
                flush();
                call.sendMessage(frame);
            }
        });
    }

    @Override
    public void ack(long delivery) {
        settle(() -> settle.addAck(delivery));
    }

    @Override
    public void release(long delivery, Duration delay, String reason, @Nullable ErrorCode code, String message) {
        settle(() -> settle.addRelease(givenBack(delivery, delay, reason, code, message)));
    }

    @Override
    public void reject(long delivery, String reason, @Nullable ErrorCode code, String message) {
        settle(() -> settle.addReject(givenBack(delivery, Duration.ZERO, reason, code, message)));
    }

    private static RelayRequest.GivenBack givenBack(
            long delivery, Duration delay, String reason, @Nullable ErrorCode code, String message) {
        return RelayRequest.GivenBack.newBuilder()
                .setDelivery(delivery)
                .setDelayMs(delay.toMillis())
                .setReason(reason)
                .setCode(code == null ? "" : code.name())
                .setMessage(message)
                .build();
    }

    private void settle(Runnable step) {
        serial.execute(() -> {
            if (!left) {
                step.run();
                if (!flushing) {
                    flushing = true;
                    serial.executeLater(this::flush);
                }
            }
        });
    }

    private void flush() {
        flushing = false;
        if (!ended && settle.getAckCount() + settle.getReleaseCount() + settle.getRejectCount() > 0) {
            call.sendMessage(RelayRequest.newBuilder().setSettle(settle).build());
            settle = RelayRequest.Settle.newBuilder();
        }
    }

    @Override
    public void leave() {
        send(LEAVE);
        close();
    }

    @Override
    public void close() {
        serial.execute(() -> {
            if (!left) {
                flush();
                left = true;
                call.halfClose();
            }
        });
    }
}
