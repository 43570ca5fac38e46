package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.Position;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What one client's publishers and subscriptions share. Thread-safe. */
final class ClientParts {
    private final Mesh mesh;
    private final MeshClock clock;
    private final CallContext context;
    private final String clientName;
    private final Duration timeout;
    private final List<Interceptor> interceptors;
    private final Values values;
    private final @Nullable PublishRoom room;

    /** @param timeout of a publish and of the start of a subscription */
    ClientParts(
            Mesh mesh,
            MeshClock clock,
            String namespace,
            String clientName,
            Duration timeout,
            List<Interceptor> interceptors,
            Values values,
            @Nullable PublishRoom room) {
        this.mesh = mesh;
        this.clock = clock;
        this.context = CallContext.of(Principal.ANONYMOUS, "sdk").inNamespace(namespace);
        this.clientName = clientName;
        this.timeout = timeout;
        this.interceptors = List.copyOf(interceptors);
        this.values = values;
        this.room = room;
    }

    Mesh mesh() {
        return mesh;
    }

    MeshClock clock() {
        return clock;
    }

    String namespace() {
        return context.namespace();
    }

    String clientName() {
        return clientName;
    }

    Values values() {
        return values;
    }

    /** A call that begins now. */
    CallContext call() {
        return call(timeout);
    }

    private CallContext call(Duration within) {
        return new CallContext(
                context.principal(),
                context.namespace(),
                context.door(),
                0,
                clock.nanoTime() + within.toNanos(),
                null,
                null);
    }

    CompletableFuture<PublishAck> publish(String topic, Supplier<Event> event, @Nullable Key key, long notBefore) {
        return send(topic, event, key, 0, (to, made) -> publish(to, made, notBefore));
    }

    CompletableFuture<Event> request(String topic, Supplier<Event> event, Duration within) {
        return send(
                topic,
                event,
                null,
                0,
                (to, made) -> mesh.request(call(within), new Outgoing(TopicName.of(to), made), within)
                        .toCompletableFuture());
    }

    CompletableFuture<Void> reply(String replyTo, Supplier<Event> reply) {
        try {
            return mesh.reply(call(), replyTo, reply.get()).toCompletableFuture();
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(EventMeshException.of(refused));
        }
    }

    /** Runs a handler within the interceptors. */
    void handle(Delivery<?> delivery, Interceptor.Handling handler) throws Exception {
        Interceptor.Handling step = handler;
        for (int i = interceptors.size() - 1; i >= 0; i--) {
            Interceptor interceptor = interceptors.get(i);
            Interceptor.Handling next = step;
            step = () -> interceptor.handle(delivery, next);
        }
        step.handle();
    }

    static Event event(CloudEvent event) {
        return CloudEvents.fromCloudEvent(event);
    }

    /** Whatever is thrown on the way is the answer. */
    private <A> CompletableFuture<A> send(
            String topic, Supplier<Event> event, @Nullable Key key, int from, Interceptor.Sending<A> last) {
        try {
            Event made = event.get();
            return step(from, last).send(topic, key == null ? made : made.with(Map.of(Key.ATTRIBUTE, key.value())));
        } catch (RuntimeException refused) {
            return CompletableFuture.failedFuture(EventMeshException.of(refused));
        }
    }

    private <A> Interceptor.Sending<A> step(int from, Interceptor.Sending<A> last) {
        return from == interceptors.size()
                ? last
                : (topic, event) -> interceptors.get(from).send(topic, event, step(from + 1, last));
    }

    private CompletableFuture<PublishAck> publish(String topic, Event event, long notBefore) {
        Outgoing outgoing = new Outgoing(TopicName.of(topic), event).notBefore(notBefore);
        PublishRoom waiting = room;
        if (waiting == null) {
            return mesh.publish(call(), outgoing).thenApply(ClientParts::ack).toCompletableFuture();
        }
        EventMeshException full = waiting.enter(event.size());
        if (full != null) {
            return CompletableFuture.failedFuture(full);
        }
        return mesh.publish(call(), outgoing)
                .whenComplete((position, failure) -> waiting.leave(event.size()))
                .thenApply(ClientParts::ack)
                .toCompletableFuture();
    }

    private static PublishAck ack(Position position) {
        return new PublishAck(
                position.partition().stream().name(), position.partition().index(), position.offset());
    }
}
