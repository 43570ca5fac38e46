package io.eventmesh.benchmarks.system;

import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Keeps a number of unary calls outstanding, spread over channels, until it is told to stop; all on the channels' event
 * loop. A call whose answer is not what is expected counts as failed, like one whose status is not OK.
 */
final class UnaryLoad implements Load {
    private final MethodDescriptor<byte[], byte[]> method;
    private final Requests requests;
    private final Predicate<byte[]> expected;
    private final Clearance clearance;
    private final Latencies latencies = new Latencies();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final CountDownLatch idle;
    private volatile boolean stopped;

    UnaryLoad(
            List<ManagedChannel> channels,
            MethodDescriptor<byte[], byte[]> method,
            Requests requests,
            Predicate<byte[]> expected,
            Clearance clearance,
            int outstanding) {
        this.method = method;
        this.requests = requests;
        this.expected = expected;
        this.clearance = clearance;
        this.idle = new CountDownLatch(outstanding);
        for (int i = 0; i < outstanding; i++) {
            next(channels.get(i % channels.size()));
        }
    }

    private void next(ManagedChannel channel) {
        ClientCall<byte[], byte[]> call = channel.newCall(method, RawBytes.options());
        long sent = System.nanoTime();
        call.start(
                new ClientCall.Listener<>() {
                    private boolean good;

                    @Override
                    public void onMessage(byte[] answer) {
                        good = expected.test(answer);
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        if (good && status.isOk()) {
                            answered.addAndGet(requests.eventsEach());
                            latencies.add(System.nanoTime() - sent);
                        } else {
                            failed.addAndGet(requests.eventsEach());
                        }
                        if (stopped) {
                            idle.countDown();
                        } else {
                            clearance.await(() -> next(channel));
                        }
                    }
                },
                new Metadata());
        call.request(2);
        call.sendMessage(requests.next());
        call.halfClose();
    }

    @Override
    public long answered() {
        return answered.get();
    }

    @Override
    public long failed() {
        return failed.get();
    }

    @Override
    public Latencies latencies() {
        return latencies;
    }

    @Override
    public void stop() throws InterruptedException {
        stopped = true;
        if (!idle.await(60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("calls without an answer: " + idle.getCount());
        }
    }
}
