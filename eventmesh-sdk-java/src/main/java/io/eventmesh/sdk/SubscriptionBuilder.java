package io.eventmesh.sdk;

import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** What an application wants to receive, and how. Not thread-safe; {@link #handle} begins. */
public final class SubscriptionBuilder {
    private final Mesh mesh;
    private final Supplier<CallContext> context;
    private final Consumer<RunningSubscription> begun;
    private final TopicPattern pattern;
    private final String group;
    private final String client;
    private Start start = Start.latest();
    private Ack ack = Ack.AUTO;
    private int maxInFlight = 256;
    private int concurrency = 1;
    private RetryPolicy retry = RetryPolicy.DEFAULT;
    private Duration ackTimeout = DeliveryTerms.DEFAULT.ackTimeout();
    private boolean ordered = true;

    SubscriptionBuilder(
            Mesh mesh,
            Supplier<CallContext> context,
            Consumer<RunningSubscription> begun,
            String pattern,
            String group,
            String client) {
        this.mesh = mesh;
        this.context = context;
        this.begun = begun;
        this.pattern = TopicPattern.of(pattern);
        this.group = group;
        this.client = client;
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

    /** How long a delivery may stay unsettled before it is offered again, 30 s unless said. */
    public SubscriptionBuilder ackTimeout(Duration timeout) {
        ackTimeout = timeout;
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
     * @throws io.eventmesh.common.error.EventMeshException REQUEST_INVALID for an ack time-out of nothing
     */
    public Subscription handle(EventHandler handler) {
        SubscribeTerms terms =
                new SubscribeTerms(group, pattern, start, new DeliveryTerms(retry, ackTimeout, ordered), client);
        RunningSubscription running = new RunningSubscription(handler, ack, maxInFlight, concurrency);
        begun.accept(running);
        running.begin(mesh, context.get(), terms);
        return running;
    }

    private static int within(String what, int value, int max) {
        if (value < 1 || value > max) {
            throw new IllegalArgumentException("%s: %d (expected: 1..%d)".formatted(what, value, max));
        }
        return value;
    }
}
