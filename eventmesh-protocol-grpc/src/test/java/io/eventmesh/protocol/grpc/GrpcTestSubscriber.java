package io.eventmesh.protocol.grpc;

import static org.awaitility.Awaitility.await;

import io.eventmesh.proto.v1.MeshServiceGrpc;
import io.eventmesh.proto.v1.SubscribeAnswer;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.testkit.protocol.DoorSubscriber;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A subscription made of the generated stub. */
final class GrpcTestSubscriber implements DoorSubscriber, ClientResponseObserver<SubscribeRequest, SubscribeAnswer> {
    final List<SubscribeAnswer> frames = new CopyOnWriteArrayList<>();
    volatile @Nullable Throwable failure;
    volatile boolean ended;
    private final boolean reading;
    private final StreamObserver<SubscribeRequest> requests;
    private volatile @Nullable ClientCallStreamObserver<SubscribeRequest> call;

    /** @param reading whether the client takes frames as they come, or only by {@link #read} */
    GrpcTestSubscriber(ManagedChannel channel, boolean reading) {
        this.reading = reading;
        this.requests = MeshServiceGrpc.newStub(channel).subscribe(this);
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<SubscribeRequest> stream) {
        call = stream;
        if (!reading) {
            stream.disableAutoRequestWithInitial(1);
        }
    }

    void read(int frameCount) {
        ClientCallStreamObserver<SubscribeRequest> stream = call;
        if (stream != null) {
            stream.request(frameCount);
        }
    }

    GrpcTestSubscriber open(String pattern, String group) {
        return send(SubscribeRequest.newBuilder()
                .setOpen(SubscribeRequest.Open.newBuilder()
                        .setPattern(pattern)
                        .setGroup(group)
                        .setClient("test"))
                .build());
    }

    GrpcTestSubscriber credit(int events, long bytes) {
        return send(SubscribeRequest.newBuilder()
                .setCredit(
                        SubscribeRequest.Credit.newBuilder().setEvents(events).setBytes(bytes))
                .build());
    }

    GrpcTestSubscriber send(SubscribeRequest request) {
        requests.onNext(request);
        return this;
    }

    GrpcTestSubscriber awaitOpened() {
        await().atMost(Duration.ofSeconds(10)).until(() -> frames.stream().anyMatch(SubscribeAnswer::hasOpened));
        return this;
    }

    List<SubscribeAnswer.Delivery> deliveries() {
        return frames.stream()
                .filter(SubscribeAnswer::hasDelivery)
                .map(SubscribeAnswer::getDelivery)
                .toList();
    }

    @Override
    public List<Event> received() {
        return deliveries().stream()
                .map(delivery -> Event.scan(delivery.getEvent().toByteArray()))
                .toList();
    }

    @Override
    public void ack(int index) {
        send(SubscribeRequest.newBuilder()
                .setSettle(SubscribeRequest.Settle.newBuilder()
                        .addAck(deliveries().get(index).getId()))
                .build());
    }

    void halfClose() {
        requests.onCompleted();
    }

    @Override
    public boolean isEnded() {
        return ended;
    }

    @Override
    public void onNext(SubscribeAnswer frame) {
        frames.add(frame);
    }

    @Override
    public void onError(Throwable why) {
        failure = why;
        ended = true;
    }

    @Override
    public void onCompleted() {
        ended = true;
    }

    @Override
    public void close() {
        ClientCallStreamObserver<SubscribeRequest> stream = call;
        if (stream != null && !ended) {
            stream.cancel("closed by the test", null);
        }
    }
}
