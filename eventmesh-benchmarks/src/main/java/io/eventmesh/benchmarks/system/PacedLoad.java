package io.eventmesh.benchmarks.system;

import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Sends unary calls at a fixed rate, whether earlier ones were answered or not, and takes the time of each from the moment
 * at which it was due: a server that stalls is charged for all that waited meanwhile.
 */
final class PacedLoad implements Load {
    private static final long STEP_NANOS = 500_000;

    private final ManagedChannel channel;
    private final MethodDescriptor<byte[], byte[]> method;
    private final Requests requests;
    private final Predicate<byte[]> expected;
    private final double nanosEach;
    private final long start = System.nanoTime();
    private final Latencies latencies = new Latencies();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong sent = new AtomicLong();
    private final Future<?> pace;

    PacedLoad(
            EventLoopGroup loop,
            ManagedChannel channel,
            MethodDescriptor<byte[], byte[]> method,
            Requests requests,
            Predicate<byte[]> expected,
            double perSecond) {
        this.channel = channel;
        this.method = method;
        this.requests = requests;
        this.expected = expected;
        this.nanosEach = 1e9 / perSecond;
        this.pace = loop.next().scheduleAtFixedRate(this::catchUp, 0, STEP_NANOS, TimeUnit.NANOSECONDS);
    }

    private void catchUp() {
        long due = (long) ((System.nanoTime() - start) / nanosEach);
        for (long number = sent.get(); number < due; number++) {
            send(start + (long) (number * nanosEach));
            sent.incrementAndGet();
        }
    }

    private void send(long due) {
        ClientCall<byte[], byte[]> call = channel.newCall(method, RawBytes.options());
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
                            latencies.add(System.nanoTime() - due);
                        } else {
                            failed.incrementAndGet();
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
        pace.cancel(false);
        pace.await();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (answered.get() + failed.get() < sent.get()) {
            if (System.nanoTime() > until) {
                throw new IllegalStateException("calls without an answer: " + (sent.get() - answered.get()));
            }
            LockSupport.parkNanos(1_000_000);
        }
    }
}
