package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.Group;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.mesh.lane.Pushes;
import io.eventmesh.runtime.mesh.lane.Senders;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.target.Destination;
import io.eventmesh.spi.target.Outcome;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way of a member to its group: allowed, named, counted, made, attached; and of subscriptions that are put and
 * deleted. Thread-safe, never blocks.
 */
final class Subscribing {
    private static final Logger log = LoggerFactory.getLogger(Subscribing.class);
    private static final String PASSING = "_passing/";

    private final ServingState serving;
    private final Admission admission;
    private final Filters filters;
    private final Quotas quotas;
    private final Rejections rejections;
    private final Subscriptions subscriptions;
    private final LiveGroups groups;
    private final Pushes pushes;
    private final String ownPassing;
    private final AtomicLong passing = new AtomicLong();

    Subscribing(
            ServingState serving,
            Admission admission,
            Filters filters,
            Quotas quotas,
            Rejections rejections,
            Subscriptions subscriptions,
            LiveGroups groups,
            Senders senders,
            MeshSettings settings) {
        this.serving = serving;
        this.admission = admission;
        this.filters = filters;
        this.quotas = quotas;
        this.subscriptions = subscriptions;
        this.groups = groups;
        this.pushes = new Pushes(this::join, senders, settings.pushInFlight());
        this.rejections = rejections;
        this.ownPassing = PASSING + settings.runtimeId() + "/";
    }

    static boolean isPassing(SubscriptionName name) {
        return name.group().startsWith(PASSING);
    }

    /**
     * Takes up what the storage has kept: goes on sending to destinations, and deletes the passing groups whose members
     * ended with an earlier process of this runtime, or of any runtime where the storage is this one's alone.
     */
    void resume(Storage storage) {
        boolean shared = storage.capabilities().contains(Capability.SHARED);
        for (GroupInfo group : storage.groups()) {
            SubscriptionName name = group.name();
            if (name.group().startsWith(ownPassing)) {
                passing.accumulateAndGet(number(name), Math::max);
                forgetPassed(name);
            } else if (!shared && isPassing(name)) {
                forgetPassed(name);
            } else {
                pushes.begin(name, group.terms());
            }
        }
    }

    private void forgetPassed(SubscriptionName name) {
        subscriptions.delete(name, () -> true).whenComplete((deleted, failure) -> {
            if (failure != null) {
                log.warn(
                        "Passing group of an earlier process is still there. group={} error={}",
                        name,
                        EventMeshException.of(failure).reason());
            }
        });
    }

    private long number(SubscriptionName name) {
        try {
            return Long.parseLong(name.group().substring(ownPassing.length()));
        } catch (NumberFormatException notOurs) {
            return 0;
        }
    }

    /** The terms in their one spelling; compiles the filter to see whether it is one. */
    private DeliveryTerms checked(DeliveryTerms terms) {
        String filter = Filters.canonical(terms.filter());
        filters.compile(filter);
        return terms.withFilter(filter);
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#subscribe}, for terms that name no destination. */
    CompletionStage<LaneMember> subscribe(
            CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver) {
        if (terms.delivery().destination() != null) {
            return refused(new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "destination: %s (expected: none, since a member takes the events)"
                            .formatted(terms.delivery().destination())));
        }
        return join(context, terms, lanes, receiver);
    }

    /** As {@link #subscribe}, also for the mesh's own member of a subscription that has a destination. */
    private CompletionStage<LaneMember> join(
            CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver) {
        try {
            DeliveryTerms delivery = admitted(context, terms);
            boolean passes = terms.isPassing();
            String group = passes ? ownPassing + passing.incrementAndGet() : terms.group();
            SubscriptionName name = new SubscriptionName(context.namespace(), group, terms.pattern());
            if (!context.principal().isRuntime()) {
                quotas.checkMembers(name.namespace(), () -> groups.members(name.namespace()));
            }
            Group.Identity identity = new Group.Identity(name, delivery, lanes, filters.of(delivery), passes);
            Start start = passes ? Start.latest() : terms.start();
            return counted(groups.expecting(
                    name,
                    () -> subscriptions
                            .make(name, delivery, start)
                            .thenCompose(made -> groups.attach(identity, context.fence(), terms.client(), receiver))));
        } catch (EventMeshException refused) {
            return refused(refused);
        }
    }

    private DeliveryTerms admitted(CallContext context, SubscribeTerms terms) {
        serving.require();
        admission.checkSubscribe(context, terms.pattern(), terms.group());
        return checked(terms.delivery());
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#deliverTo}. */
    CompletionStage<Member> deliverTo(
            CallContext context, SubscribeTerms terms, Destination destination, Consumer<Outcome.Stop> onStopped) {
        return pushes.deliverTo(context, terms, destination, onStopped);
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#putSubscription}. */
    CompletionStage<Boolean> put(CallContext context, SubscribeTerms terms) {
        try {
            DeliveryTerms delivery = admitted(context, terms);
            if (terms.isPassing()) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "subscription: of a passing group (expected: a group's name and mode CLUSTERING, since it is kept)");
            }
            if (delivery.destination() != null) {
                pushes.validate(context.namespace(), delivery.destination());
            }
            SubscriptionName name = new SubscriptionName(context.namespace(), terms.group(), terms.pattern());
            return counted(subscriptions
                    .put(name, delivery, terms.start(), change -> {
                        if (change != Subscriptions.Change.SAME
                                || !pushes.problem(name).isEmpty()) {
                            pushes.begin(name, delivery);
                        }
                    })
                    .thenApply(change -> change == Subscriptions.Change.MADE));
        } catch (EventMeshException refused) {
            return refused(refused);
        }
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#deleteSubscription}. */
    CompletionStage<Boolean> delete(CallContext context, SubscriptionName name) {
        try {
            serving.require();
            admission.checkSubscribe(context.inNamespace(name.namespace()), name.pattern(), name.group());
            BooleanSupplier inTurn = () -> {
                pushes.end(name);
                return true;
            };
            return counted(subscriptions.delete(name, inTurn).whenComplete((deleted, failure) -> {
                if (failure != null) {
                    subscriptions.terms(name).ifPresent(terms -> pushes.begin(name, terms));
                }
            }));
        } catch (EventMeshException refused) {
            return refused(refused);
        }
    }

    /** What keeps the subscription's events from their destination, in words; empty for nothing. */
    String problem(SubscriptionName name) {
        return pushes.problem(name);
    }

    void close() {
        pushes.close();
    }

    private <T> CompletionStage<T> refused(EventMeshException why) {
        rejections.count(why.code());
        return CompletableFuture.failedStage(why);
    }

    private <T> CompletionStage<T> counted(CompletionStage<T> answer) {
        return answer.whenComplete((value, failure) -> {
            if (failure != null) {
                rejections.count(EventMeshException.of(failure).code());
            }
        });
    }
}
