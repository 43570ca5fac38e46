package io.eventmesh.benchmarks.system;

import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.netty.channel.EventLoopGroup;
import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A member of MeshService that acks each event so long after it came, give or take a few milliseconds, or never. */
final class AckingMember implements AutoCloseable {
    private static final int CREDIT = 16_384;
    private static final long STEP_MILLIS = 5;

    private record Taken(long delivery, long bytes, long dueNanos) {}

    private final ClientCall<SubscribeRequest, SubscribeAnswer> call;
    private final Future<?> acking;
    private final AtomicLong acked = new AtomicLong();
    private final CountDownLatch opened = new CountDownLatch(1);
    private final ArrayDeque<Taken> taken = new ArrayDeque<>();

    /** @param ackAfterMillis negative for never */
    AckingMember(ManagedChannel channel, EventLoopGroup loop, String topic, String group, long ackAfterMillis)
            throws InterruptedException {
        call = channel.newCall(MeshServiceGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
        call.start(
                new ClientCall.Listener<>() {
                    @Override
                    public void onMessage(SubscribeAnswer answer) {
                        call.request(1);
                        if (answer.hasOpened()) {
                            opened.countDown();
                        } else if (answer.hasDelivery() && ackAfterMillis >= 0) {
                            taken.add(new Taken(
                                    answer.getDelivery().getId(),
                                    answer.getDelivery().getEvent().size(),
                                    System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ackAfterMillis)));
                        }
                    }

                    @Override
                    public void onClose(Status status, @Nullable Metadata trailers) {
                        opened.countDown();
                    }
                },
                new Metadata());
        call.request(CREDIT);
        call.sendMessage(SubscribeRequest.newBuilder()
                .setOpen(SubscribeRequest.Open.newBuilder()
                        .setGroup(group)
                        .setPattern(topic)
                        .setAckTimeoutMs(TimeUnit.MINUTES.toMillis(30))
                        .setUnordered(true))
                .build());
        call.sendMessage(credit(CREDIT, 1L << 30));
        if (!opened.await(20, TimeUnit.SECONDS)) {
            throw new IllegalStateException("not subscribed: " + group);
        }
        acking = loop.scheduleAtFixedRate(this::ackWhatIsDue, STEP_MILLIS, STEP_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void ackWhatIsDue() {
        long now = System.nanoTime();
        SubscribeRequest.Settle.Builder settle = SubscribeRequest.Settle.newBuilder();
        long bytes = 0;
        for (Taken next = taken.peek(); next != null && next.dueNanos() - now <= 0; next = taken.peek()) {
            settle.addAck(next.delivery());
            bytes += next.bytes();
            taken.remove();
        }
        int events = settle.getAckCount();
        if (events > 0) {
            acked.addAndGet(events);
            call.sendMessage(SubscribeRequest.newBuilder().setSettle(settle).build());
            call.sendMessage(credit(events, bytes));
        }
    }

    private static SubscribeRequest credit(int events, long bytes) {
        return SubscribeRequest.newBuilder()
                .setCredit(
                        SubscribeRequest.Credit.newBuilder().setEvents(events).setBytes(bytes))
                .build();
    }

    long acked() {
        return acked.get();
    }

    @Override
    public void close() {
        acking.cancel(false);
        call.cancel("done", null);
    }
}
