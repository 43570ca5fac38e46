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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** A member of MeshService that acks each event so long after it came, or never. */
final class AckingMember implements AutoCloseable {
    private static final int CREDIT = 16_384;

    private final ClientCall<SubscribeRequest, SubscribeAnswer> call;
    private final AtomicLong acked = new AtomicLong();
    private final CountDownLatch opened = new CountDownLatch(1);

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
                            long delivery = answer.getDelivery().getId();
                            long bytes = answer.getDelivery().getEvent().size();
                            loop.schedule(() -> ack(delivery, bytes), ackAfterMillis, TimeUnit.MILLISECONDS);
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
    }

    private void ack(long delivery, long bytes) {
        acked.incrementAndGet();
        call.sendMessage(SubscribeRequest.newBuilder()
                .setSettle(SubscribeRequest.Settle.newBuilder().addAck(delivery))
                .build());
        call.sendMessage(credit(1, bytes));
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
        call.cancel("done", null);
    }
}
