package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A delivery on its way through a handler. Thread-safe. */
final class HandledDelivery<T> implements Delivery<T> {
    private final ClientParts parts;
    private final io.eventmesh.spi.mesh.Delivery offered;
    private final T value;
    private final Ack ack;
    private final Settlement settlement;

    HandledDelivery(
            ClientParts parts, io.eventmesh.spi.mesh.Delivery offered, T value, Ack ack, Settlement settlement) {
        this.parts = parts;
        this.offered = offered;
        this.value = value;
        this.ack = ack;
        this.settlement = settlement;
    }

    @Override
    public T value() {
        return value;
    }

    @Override
    public String topic() {
        return offered.record().topic().value();
    }

    @Override
    public int attempt() {
        return offered.attempt();
    }

    @Override
    public Event event() {
        return offered.record().event();
    }

    @Override
    public int partition() {
        return offered.position().partition().index();
    }

    @Override
    public long offset() {
        return offered.position().offset();
    }

    @Override
    public void ack() {
        explicit().ack();
    }

    @Override
    public void release(Duration delay) {
        explicit().release(delay);
    }

    @Override
    public void reject(String reason) {
        explicit().reject(reason);
    }

    @Override
    public boolean isRequest() {
        return replyTo() != null;
    }

    @Override
    public CompletableFuture<Void> reply(CloudEvent reply) {
        return answer(() -> ClientParts.event(reply));
    }

    @Override
    public CompletableFuture<Void> reply(Event reply) {
        return answer(() -> reply);
    }

    private CompletableFuture<Void> answer(Supplier<Event> reply) {
        String replyTo = replyTo();
        if (replyTo == null) {
            return CompletableFuture.failedFuture(new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "reply: to an event without %s (expected: to a request)".formatted(ReservedAttributes.REPLY_TO)));
        }
        return parts.reply(replyTo, reply);
    }

    private @Nullable String replyTo() {
        return event().attribute(ReservedAttributes.REPLY_TO);
    }

    private Settlement explicit() {
        if (ack != Ack.EXPLICIT) {
            throw new IllegalStateException("ack: %s (expected: EXPLICIT, to settle by calls)".formatted(ack));
        }
        return settlement;
    }
}
