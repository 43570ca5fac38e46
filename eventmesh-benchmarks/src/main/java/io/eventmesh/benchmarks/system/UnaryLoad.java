package io.eventmesh.benchmarks.system;

import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

/**
 * Keeps a number of unary calls outstanding on one channel until it is told to stop; all on the channel's event loop.
 * A call whose answer is not what is expected counts as failed, like one whose status is not OK.
 */
final class UnaryLoad {
    private final ManagedChannel channel;
    private final MethodDescriptor<byte[], byte[]> method;
    private final SampleEvent events;
    private final AtomicLong nextNumber;
    private final Predicate<byte[]> expected;
    private final Latencies latencies = new Latencies();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final CountDownLatch idle;
    private volatile boolean stopped;

    UnaryLoad(
            ManagedChannel channel,
            MethodDescriptor<byte[], byte[]> method,
            SampleEvent events,
            AtomicLong nextNumber,
            Predicate<byte[]> expected,
            int outstanding) {
        this.channel = channel;
        this.method = method;
        this.events = events;
        this.nextNumber = nextNumber;
        this.expected = expected;
        this.idle = new CountDownLatch(outstanding);
        for (int i = 0; i < outstanding; i++) {
            next();
        }
    }

    private void next() {
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
                            answered.incrementAndGet();
                            latencies.add(System.nanoTime() - sent);
                        } else {
                            failed.incrementAndGet();
                        }
                        if (stopped) {
                            idle.countDown();
                        } else {
                            next();
                        }
                    }
                },
                new Metadata());
        call.request(2);
        call.sendMessage(events.numbered(nextNumber.getAndIncrement()));
        call.halfClose();
    }

    long answered() {
        return answered.get();
    }

    long failed() {
        return failed.get();
    }

    Latencies latencies() {
        return latencies;
    }

    /** Lets the outstanding calls end. */
    void stop() throws InterruptedException {
        stopped = true;
        if (!idle.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("calls without an answer: " + idle.getCount());
        }
    }
}
