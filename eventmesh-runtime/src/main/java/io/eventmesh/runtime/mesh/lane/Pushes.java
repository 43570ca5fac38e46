package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the events of subscriptions to their destinations: for a subscription that has one stored as long as it lives, and
 * for a session that brings one as long as that is held. Thread-safe, never blocks.
 */
public final class Pushes implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Pushes.class);

    private final Outbox own;
    private final Outbox sessions;
    private final Senders senders;
    private final int inFlight;
    private final Map<SubscriptionName, Push> kept = new ConcurrentHashMap<>();
    /** Under which terms subscriptions were begun with. */
    private final Map<SubscriptionName, DeliveryTerms> begun = new ConcurrentHashMap<>();
    /** Of subscriptions whose destination this runtime cannot serve. */
    private final Map<SubscriptionName, String> unserved = new ConcurrentHashMap<>();

    /**
     * @param own for subscriptions that every runtime sends the events of
     * @param sessions for those of a session, which this runtime alone has
     * @param inFlight events on their way to one destination at a time
     */
    public Pushes(Outbox own, Outbox sessions, Senders senders, int inFlight) {
        this.own = own;
        this.sessions = sessions;
        this.senders = senders;
        this.inFlight = inFlight;
    }

    /**
     * Refuses a destination that nobody can send to.
     *
     * @throws EventMeshException RULE_INVALID naming the field, or PLUGIN_UNKNOWN
     */
    public void validate(String namespace, Destination destination) {
        senders.validate(namespace, destination);
    }

    /** Sends the subscription's events to the destination in its terms from now on, instead of what was before. */
    public void begin(SubscriptionName name, DeliveryTerms terms) {
        end(name);
        begun.put(name, terms);
        Destination destination = terms.destination();
        if (destination == null) {
            return;
        }
        CallContext context =
                CallContext.of(Principal.runtime(senders.runtimeId()), "push").inNamespace(name.namespace());
        // the subscription is there, so that its start is not asked for
        SubscribeTerms as = new SubscribeTerms(
                name.group(), name.pattern(), Start.latest(), terms, destination.kind() + " destination");
        try {
            Push push = push(own, context, as, destination, why -> {});
            kept.put(name, push);
            push.keep();
        } catch (EventMeshException refused) {
            unserved.put(name, refused.reason());
            log.warn(
                    "Destination cannot be served by this runtime. subscription={} code={} error={}",
                    name,
                    refused.code(),
                    refused.reason());
        }
    }

    /** As {@link #begin}, unless it was begun with under the same terms already. */
    public void follow(SubscriptionName name, DeliveryTerms terms) {
        if (!terms.equals(begun.get(name)) && (terms.destination() != null || begun.containsKey(name))) {
            begin(name, terms);
        }
    }

    /** Whether the subscription's events are on their way, or are waiting for their destination. */
    public boolean isSending(SubscriptionName name) {
        Push push = kept.get(name);
        return push != null && !push.isStopped();
    }

    /** Sends nothing more for the subscription; what is in flight goes back to its group. */
    public void end(SubscriptionName name) {
        unserved.remove(name);
        begun.remove(name);
        Push push = kept.remove(name);
        if (push != null) {
            push.close();
        }
    }

    /** What keeps the subscription's events from being sent, in words; empty for nothing. */
    public String problem(SubscriptionName name) {
        Push push = kept.get(name);
        return push == null ? unserved.getOrDefault(name, "") : push.problem();
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#deliverTo}. */
    public CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        try {
            if (terms.delivery().destination() != null) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "terms: with a destination (expected: none beside the session's own)");
            }
            return push(sessions, context, terms, destination, onStopped).join();
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    private Push push(
            Outbox outbox,
            CallContext context,
            SubscribeTerms terms,
            Destination destination,
            Consumer<Outcome.Stop> onStopped) {
        return new Push(
                outbox, context, terms, senders, senders.sender(context.namespace(), destination), inFlight, onStopped);
    }

    /** Ends what is kept; what a session brought ends when its group does. */
    @Override
    public void close() {
        kept.keySet().forEach(this::end);
    }
}
