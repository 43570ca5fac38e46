package io.eventmesh.protocol.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEventBatch;
import io.eventmesh.proto.cloudevents.ConsumerServiceGrpc;
import io.eventmesh.proto.cloudevents.HeartbeatServiceGrpc;
import io.eventmesh.proto.cloudevents.PublisherServiceGrpc;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A client of EventMesh made of the generated stubs, which dresses its messages as the SDK does. */
final class EventMeshClient {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final ManagedChannel channel;

    EventMeshClient(ManagedChannel channel) {
        this.channel = channel;
    }

    /** An event dressed as clients of EventMesh dress it. */
    static EventBuilder dressed() {
        return common(Event.builder()
                .id("1")
                .source("/")
                .type("org.apache.eventmesh")
                .attribute("protocoltype", "eventmeshmessage")
                .attribute("producergroup", "p")
                .attribute("ttl", "4000")
                .attribute("seqnum", "123456789012345678901234567890")
                .attribute("uniqueid", "098765432109876543210987654321")
                .dataContentType("text/plain")
                .text("hello"));
    }

    private static EventBuilder common(EventBuilder event) {
        return event.attribute("env", "env")
                .attribute("idc", "default")
                .attribute("ip", "10.0.0.1")
                .attribute("pid", "4711")
                .attribute("sys", "sys123")
                .attribute("language", "JAVA")
                .attribute("username", "me")
                .attribute("passwd", "secret");
    }

    /** A message about subscriptions of the group {@code billing}. */
    static EventBuilder subscription(String json) {
        return common(Event.builder()
                .id("s")
                .source("/")
                .type("org.apache.eventmesh")
                .attribute("consumergroup", "billing")
                .dataContentType("application/json")
                .text(json));
    }

    /** Items of one mode for the topics. */
    static String items(String mode, String... topics) {
        StringBuilder json = new StringBuilder();
        for (String topic : topics) {
            json.append(json.isEmpty() ? "[" : ",")
                    .append("{\"topic\":\"%s\",\"mode\":\"%s\",\"type\":\"ASYNC\"}".formatted(topic, mode));
        }
        return json.append(']').toString();
    }

    static CloudEvent message(EventBuilder event) {
        try {
            return CloudEvent.parseFrom(event.build().toByteString());
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        }
    }

    static String text(CloudEvent event, String attribute) {
        return event.getAttributesOrThrow(attribute).getCeString();
    }

    static String status(CloudEvent answer) {
        return text(answer, "statuscode");
    }

    static String said(CloudEvent answer) {
        return text(answer, "responsemessage");
    }

    PublisherServiceGrpc.PublisherServiceBlockingStub publisher() {
        return PublisherServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    CloudEvent publish(EventBuilder event) {
        return publisher().publish(message(event));
    }

    static CloudEventBatch batch(EventBuilder... events) {
        CloudEventBatch.Builder batch = CloudEventBatch.newBuilder();
        for (EventBuilder event : events) {
            batch.addEvents(message(event));
        }
        return batch.build();
    }

    private ConsumerServiceGrpc.ConsumerServiceBlockingStub consumer() {
        return ConsumerServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
    }

    CloudEvent subscribe(EventBuilder subscription) {
        return consumer().subscribe(message(subscription));
    }

    CloudEvent unsubscribe(EventBuilder subscription) {
        return consumer().unsubscribe(message(subscription));
    }

    CloudEvent heartbeat(EventBuilder subscription) {
        return HeartbeatServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(10, TimeUnit.SECONDS)
                .heartbeat(message(subscription));
    }

    Stream stream() {
        return new Stream(channel);
    }

    /** An open {@code subscribeStream}. */
    static final class Stream implements StreamObserver<CloudEvent> {
        private final List<CloudEvent> came = new CopyOnWriteArrayList<>();
        private final StreamObserver<CloudEvent> out;
        private volatile boolean ended;

        Stream(ManagedChannel channel) {
            out = ConsumerServiceGrpc.newStub(channel).subscribeStream(this);
        }

        Stream send(EventBuilder event) {
            out.onNext(message(event));
            return this;
        }

        List<CloudEvent> came() {
            return List.copyOf(came);
        }

        /** Waits for the n-th message, from 1, and answers it. */
        CloudEvent await(int n) {
            Awaitility.await().atMost(SOON).until(() -> came.size() >= n);
            return came.get(n - 1);
        }

        boolean isEnded() {
            return ended;
        }

        void halfClose() {
            out.onCompleted();
        }

        void cancel() {
            out.onError(new IllegalStateException("cancelled by the test"));
        }

        @Override
        public void onNext(CloudEvent event) {
            came.add(event);
        }

        @Override
        public void onError(Throwable failure) {
            ended = true;
        }

        @Override
        public void onCompleted() {
            ended = true;
        }
    }
}
