package io.eventmesh.benchmarks.system;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.proto.v1.PublishAnswer;
import io.eventmesh.proto.v1.PublishRequest;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Keeps a number of events outstanding on one publish stream of MeshService; each is answered. */
final class StreamLoad implements Load {
    private static final MethodDescriptor<byte[], byte[]> PUBLISH =
            RawBytes.method(MethodDescriptor.MethodType.BIDI_STREAMING, "eventmesh.v1.MeshService/Publish");
    private static final int WINDOW = 4096;

    private final String topic;
    private final Requests requests;
    private final Clearance clearance;
    private final ClientCall<byte[], byte[]> call;
    private final Latencies latencies = new Latencies();
    private final long[] sentAt;
    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean ended;
    private volatile boolean stopped;

    StreamLoad(ManagedChannel channel, String topic, Requests requests, Clearance clearance, int outstanding) {
        this.topic = topic;
        this.clearance = clearance;
        this.requests = requests;
        this.sentAt = new long[outstanding];
        call = channel.newCall(PUBLISH, RawBytes.options());
        call.start(
                new ClientCall.Listener<>() {
                    private int sinceRequest;

                    @Override
                    public void onReady() {
                        for (long number = sent.get(); number < outstanding; number = sent.get()) {
                            send();
                        }
                    }

                    @Override
                    public void onMessage(byte[] answer) {
                        take(answer);
                        if (++sinceRequest == WINDOW / 2) {
                            call.request(sinceRequest);
                            sinceRequest = 0;
                        }
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        failed.addAndGet(sent.get() - answered.get() - failed.get());
                        closed.countDown();
                    }
                },
                new Metadata());
        call.request(WINDOW);
    }

    private void send() {
        long seq = sent.getAndIncrement();
        sentAt[(int) (seq % sentAt.length)] = System.nanoTime();
        call.sendMessage(frame(seq));
    }

    private void take(byte[] bytes) {
        PublishAnswer answer;
        try {
            answer = PublishAnswer.parseFrom(bytes);
        } catch (InvalidProtocolBufferException unreadable) {
            throw new IllegalStateException(unreadable);
        }
        latencies.add(System.nanoTime() - sentAt[(int) (answer.getSeq() % sentAt.length)]);
        (answer.hasProblem() ? failed : answered).incrementAndGet();
        if (stopped) {
            endIfAnswered();
        } else {
            clearance.await(this::sendUnlessStopped);
        }
    }

    private void sendUnlessStopped() {
        if (stopped) {
            endIfAnswered();
        } else {
            send();
        }
    }

    private void endIfAnswered() {
        if (!ended && answered.get() + failed.get() == sent.get()) {
            ended = true;
            call.halfClose();
        }
    }

    private byte[] frame(long seq) {
        byte[] event = requests.event();
        int size = CodedOutputStream.computeUInt64Size(PublishRequest.SEQ_FIELD_NUMBER, seq)
                + CodedOutputStream.computeStringSize(PublishRequest.TOPIC_FIELD_NUMBER, topic)
                + CodedOutputStream.computeByteArraySize(PublishRequest.EVENT_FIELD_NUMBER, event);
        byte[] frame = new byte[size];
        try {
            CodedOutputStream out = CodedOutputStream.newInstance(frame);
            out.writeUInt64(PublishRequest.SEQ_FIELD_NUMBER, seq);
            out.writeString(PublishRequest.TOPIC_FIELD_NUMBER, topic);
            out.writeByteArray(PublishRequest.EVENT_FIELD_NUMBER, event);
            out.flush();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return frame;
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
        if (!closed.await(60, TimeUnit.SECONDS)) {
            call.cancel("no answer", null);
            throw new IllegalStateException(
                    "events without an answer: " + (sent.get() - answered.get() - failed.get()));
        }
    }
}
