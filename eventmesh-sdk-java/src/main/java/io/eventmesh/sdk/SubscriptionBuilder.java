package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.target.Destination;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What an application wants to receive, and how. Filter, retry, ack time-out and order belong to the group: a member
 * that brings others than the group was made with is refused. Not thread-safe; {@link #handle}, {@link #stream},
 * {@link #push} and {@link #store} end it.
 */
public final class SubscriptionBuilder {
    private final ClientParts parts;
    private final Consumer<Membership> begun;
    private final TopicPattern pattern;
    private final String group;
    private final List<String> filters = new ArrayList<>();
    private Mode mode = Mode.CLUSTERING;
    private Start start = Start.latest();
    private Ack ack = Ack.AUTO;
    private int maxInFlight = 256;
    private int concurrency = 1;
    private RetryPolicy retry = RetryPolicy.DEFAULT;
    private Duration ackTimeout = DeliveryTerms.DEFAULT.ackTimeout();
    private boolean ordered = true;

    SubscriptionBuilder(ClientParts parts, Consumer<Membership> begun, String pattern, String group) {
        this.parts = parts;
        this.begun = begun;
        this.pattern = TopicPattern.of(pattern);
        this.group = group;
    }

    /**
     * Only events for which the expression is true; the mesh judges. With several calls all must be true.
     *
     * @param sql in the CloudEvents SQL Expression Language, such as {@code type = 'order.created' AND total > 100}; it
     *     sees attributes, not data
     */
    public SubscriptionBuilder filter(String sql) {
        filters.add(sql);
        return this;
    }

    /** Each connected member gets every event; nothing is kept for absent ones. */
    public SubscriptionBuilder broadcast() {
        mode = Mode.BROADCASTING;
        return this;
    }

    /** Where the group begins if this subscription makes it; latest unless said, ignored when the group exists. */
    public SubscriptionBuilder from(Start where) {
        start = where;
        return this;
    }

    /** Who settles; {@link Ack#AUTO} unless said. */
    public SubscriptionBuilder ack(Ack mode) {
        ack = mode;
        return this;
    }

    /**
     * How many events may be here and not settled, 256 unless said.
     *
     * @throws IllegalArgumentException when it is not 1..65536
     */
    public SubscriptionBuilder maxInFlight(int events) {
        maxInFlight = within("max in flight", events, 65_536);
        return this;
    }

    /**
     * How many handlers run at once, 1 unless said. Events of one key still come one after another.
     *
     * @throws IllegalArgumentException when it is not 1..1024
     */
    public SubscriptionBuilder concurrency(int handlers) {
        concurrency = within("concurrency", handlers, 1024);
        return this;
    }

    /** When an event is offered again, and when it goes to the dead letter. */
    public SubscriptionBuilder retry(RetryPolicy policy) {
        retry = policy;
        return this;
    }

    /**
     * When an event is offered again, and when it goes to the dead letter.
     *
     * @param attempts offers before the dead letter, 1 or more
     * @throws EventMeshException REQUEST_INVALID for other values
     */
    public SubscriptionBuilder retry(int attempts, Backoff backoff) {
        return retry(new RetryPolicy(attempts, backoff.initial(), backoff.multiplier(), backoff.max()));
    }

    /** How long a delivery may stay unsettled before it is offered again, 30 s unless said. */
    public SubscriptionBuilder ackTimeout(Duration timeout) {
        ackTimeout = timeout;
        return this;
    }

    /** Events of one key are offered one after another: so unless {@link #unordered} is said. */
    public SubscriptionBuilder ordered() {
        ordered = true;
        return this;
    }

    /** Waives order per key for the group. */
    public SubscriptionBuilder unordered() {
        ordered = false;
        return this;
    }

    /**
     * Begins to receive. Returns at once; {@link Subscription#ready} tells when the subscription stands.
     *
     * @throws EventMeshException REQUEST_INVALID for an ack time-out of nothing
     */
    public Subscription handle(EventHandler<CloudEvent> handler) {
        return handle(CloudEvent.class, handler);
    }

    /**
     * Like {@link #handle(EventHandler)}, with values of a type. An event that is no such value is rejected.
     *
     * @param type {@code byte[]}, {@code String}, {@code CloudEvent}, {@code Event}, or what the client's {@link Codec}
     *     knows
     * @throws EventMeshException REQUEST_INVALID for an ack time-out of nothing, NOT_SUPPORTED when there is no codec
     */
    public <T> Subscription handle(Class<T> type, EventHandler<T> handler) {
        parts.values().requireReadable(type);
        SubscribeTerms terms = terms(null);
        RunningSubscription<T> running = new RunningSubscription<>(parts, type, handler, ack, maxInFlight, concurrency);
        begun.accept(running);
        running.begin(terms);
        return running;
    }

    /**
     * The events as a stream whose demand is the credit that the mesh gets: it delivers no more than was requested. Each
     * subscriber is a member of its own. With {@link Ack#AUTO} an event is done when {@code onNext} returned.
     *
     * <p>Signals come on a thread of each subscriber's own. The stream completes when the client is closed and fails
     * with the {@link EventMeshException} that the mesh ended it for; a subscriber that throws is cancelled, and its
     * event is released. An event that is no such value is rejected and not counted.
     *
     * @throws EventMeshException REQUEST_INVALID for an ack time-out of nothing, NOT_SUPPORTED when there is no codec
     */
    public <T> Flow.Publisher<Delivery<T>> stream(Class<T> type) {
        parts.values().requireReadable(type);
        SubscribeTerms terms = terms(null);
        Ack settles = ack;
        return subscriber -> {
            EventStream<T> stream = new EventStream<>(parts, type, settles, subscriber);
            begun.accept(stream);
            stream.begin(terms);
        };
    }

    /**
     * Has the mesh post the events to a URL from now on, as long as the subscription lives, whether this client does or
     * not. Completes with true when the subscription is new, with false when its terms were changed. Fails as {@link
     * Subscription#ready} does, and with RULE_INVALID for a URL that the mesh refuses.
     */
    public CompletableFuture<Boolean> push(URI url) {
        return push(new Destination("webhook", Filters.webhook(url.toString())));
    }

    /** Like {@link #push(URI)} to a destination of any kind that the mesh has. */
    public CompletableFuture<Boolean> push(Destination destination) {
        return put(destination);
    }

    /**
     * Makes the subscription without receiving, or changes its terms: what is published from then on waits for members.
     * Completes with true when it is new.
     */
    public CompletableFuture<Boolean> store() {
        return put(null);
    }

    private CompletableFuture<Boolean> put(@Nullable Destination destination) {
        try {
            return parts.mesh()
                    .putSubscription(parts.call(), terms(destination))
                    .toCompletableFuture();
        } catch (EventMeshException invalid) {
            return CompletableFuture.failedFuture(invalid);
        }
    }

    private SubscribeTerms terms(@Nullable Destination destination) {
        String filter = filters.isEmpty() ? "" : Filters.sql(filters);
        DeliveryTerms delivery = new DeliveryTerms(retry, ackTimeout, ordered, filter, destination);
        return new SubscribeTerms(group, pattern, mode, start, delivery, parts.clientName());
    }

    private static int within(String what, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException("%s: %d (expected: 1..%d)".formatted(what, value, max));
        }
        return value;
    }
}
