package io.eventmesh.benchmarks.system;

import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.BitSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One subscriber stream of the EventMesh protocol that counts each event once. Its calls run on the channel's loop. */
final class Deliveries {
    private static final MethodDescriptor<byte[], byte[]> SUBSCRIBE = RawBytes.method(
            MethodDescriptor.MethodType.BIDI_STREAMING,
            "org.apache.eventmesh.cloudevents.v1.ConsumerService/subscribeStream");
    private static final int WINDOW = 4096;

    private final BitSet seen = new BitSet();
    private volatile Latencies latencies = new Latencies();
    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong doubled = new AtomicLong();
    private final CountDownLatch subscribed = new CountDownLatch(1);
    private final ClientCall<byte[], byte[]> call;
    private volatile @Nullable Status ended;

    /** @param requests whose events come, on the same event loop */
    Deliveries(ManagedChannel channel, String topic, String group, Requests requests) throws InterruptedException {
        call = channel.newCall(SUBSCRIBE, RawBytes.options());
        call.start(
                new ClientCall.Listener<>() {
                    private int sinceRequest;

                    @Override
                    public void onMessage(byte[] message) {
                        long number = SampleEvent.number(message);
                        if (number < 0) {
                            subscribed.countDown();
                        } else if (seen.get((int) number)) {
                            doubled.incrementAndGet();
                        } else {
                            seen.set((int) number);
                            delivered.incrementAndGet();
                            latencies.add(requests.age(number));
                        }
                        if (++sinceRequest == WINDOW / 2) {
                            call.request(sinceRequest);
                            sinceRequest = 0;
                        }
                    }

                    @Override
                    public void onClose(Status status, Metadata trailers) {
                        ended = status;
                        subscribed.countDown();
                    }
                },
                new Metadata());
        call.request(WINDOW);
        call.sendMessage(subscription(topic, group));
        if (!subscribed.await(60, TimeUnit.SECONDS) || ended != null) {
            throw new IllegalStateException("subscription failed: " + ended);
        }
    }

    private static byte[] subscription(String topic, String group) {
        CloudEvent.Builder event = CloudEvent.newBuilder()
                .setId("s")
                .setSource("/")
                .setSpecVersion("1.0")
                .setType("org.apache.eventmesh");
        String[][] attributes = {
            {"env", "env"},
            {"idc", "default"},
            {"ip", "127.0.0.1"},
            {"pid", "4711"},
            {"sys", "sys123"},
            {"language", "JAVA"},
            {"username", "username"},
            {"passwd", "password"},
            {"protocoltype", "eventmeshmessage"},
            {"protocolversion", "1.0"},
            {"consumergroup", group},
            {"datacontenttype", "application/json"}
        };
        for (String[] attribute : attributes) {
            event.putAttributes(
                    attribute[0],
                    CloudEventAttributeValue.newBuilder()
                            .setCeString(attribute[1])
                            .build());
        }
        event.setTextData("[{\"topic\":\"%s\",\"mode\":\"CLUSTERING\",\"type\":\"ASYNC\"}]".formatted(topic));
        return event.build().toByteArray();
    }

    long delivered() {
        return delivered.get();
    }

    /** From the making of an event to its delivery. */
    Latencies latencies() {
        return latencies;
    }

    /** Begins a new histogram. */
    void forgetLatencies() {
        latencies = new Latencies();
    }

    long doubled() {
        return doubled.get();
    }

    @Nullable
    Status ended() {
        return ended;
    }

    void close() {
        call.halfClose();
        call.cancel("done", null);
    }
}
