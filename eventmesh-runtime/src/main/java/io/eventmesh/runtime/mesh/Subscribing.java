package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.Group;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.runtime.delivery.OwnMember;
import io.eventmesh.runtime.mesh.lane.Pushes;
import io.eventmesh.runtime.mesh.lane.Senders;
import io.eventmesh.runtime.mesh.peer.Peers;
import io.eventmesh.runtime.mesh.peer.SpreadMember;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
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
import org.jspecify.annotations.Nullable;
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
    private final Peers peers;
    private final boolean shared;
    private final Pushes pushes;
    private final String ownPassing;
    private final AtomicLong passing = new AtomicLong();

    /** How a member comes to its group. */
    private interface Attachment<M> {
        CompletionStage<M> of(Group.Identity identity, @Nullable TaskFence fence, String client, Receiver receiver);
    }

    /** @param shared whether other runtimes may read the same groups */
    Subscribing(
            ServingState serving,
            Admission admission,
            Filters filters,
            Quotas quotas,
            Rejections rejections,
            Subscriptions subscriptions,
            LiveGroups groups,
            Senders senders,
            Peers peers,
            boolean shared,
            MeshSettings settings) {
        this.serving = serving;
        this.admission = admission;
        this.filters = filters;
        this.quotas = quotas;
        this.subscriptions = subscriptions;
        this.groups = groups;
        this.peers = peers;
        this.shared = shared;
        this.pushes = new Pushes(
                (context, terms, lanes, receiver) -> join(context, terms, lanes, receiver, this::attach),
                (context, terms, lanes, receiver) -> join(context, terms, lanes, receiver, this::spread),
                senders,
                settings.pushInFlight());
        this.rejections = rejections;
        this.ownPassing = PASSING + settings.runtimeId() + "/";
    }

    static boolean isPassing(SubscriptionName name) {
        return name.group().startsWith(PASSING);
    }

    /**
     * Takes up what the storage has kept: goes on sending to destinations, and deletes passing groups that an earlier
     * release has stored.
     */
    void resume(Storage storage) {
        for (GroupInfo group : storage.groups()) {
            SubscriptionName name = group.name();
            if (isPassing(name)) {
                passing.accumulateAndGet(number(name), Math::max);
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
        if (!name.group().startsWith(ownPassing)) {
            return 0;
        }
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
        return subscribe(context, terms, lanes, receiver, this::spread);
    }

    /** As {@link #subscribe}, for a member that every runtime has one of. */
    CompletionStage<OwnMember> subscribeOwn(
            CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver) {
        return subscribe(context, terms, lanes, receiver, this::attachOwn);
    }

    private <M> CompletionStage<M> subscribe(
            CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver, Attachment<M> attachment) {
        if (terms.delivery().destination() != null) {
            return refused(new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "destination: %s (expected: none, since a member takes the events)"
                            .formatted(terms.delivery().destination())));
        }
        return join(context, terms, lanes, receiver, attachment);
    }

    /** As {@link #subscribe}, also for the mesh's own member of a subscription that has a destination. */
    private <M> CompletionStage<M> join(
            CallContext context, SubscribeTerms terms, LaneRule lanes, Receiver receiver, Attachment<M> attachment) {
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
                            .thenCompose(made -> attachment.of(identity, context.fence(), terms.client(), receiver))));
        } catch (EventMeshException refused) {
            return refused(refused);
        }
    }

    /** At this runtime alone. */
    private CompletionStage<LaneMember> attach(
            Group.Identity identity, @Nullable TaskFence fence, String client, Receiver receiver) {
        return groups.attach(identity, fence, client, receiver).thenApply(member -> member);
    }

    private CompletionStage<OwnMember> attachOwn(
            Group.Identity identity, @Nullable TaskFence fence, String client, Receiver receiver) {
        return groups.attach(identity, fence, client, receiver).thenApply(member -> member);
    }

    /** Here, and at every other runtime that reads the group. */
    private CompletionStage<LaneMember> spread(
            Group.Identity identity, @Nullable TaskFence fence, String client, Receiver receiver) {
        if (!shared || identity.passing()) {
            return attach(identity, fence, client, receiver);
        }
        SpreadMember member = peers.spread(identity.name(), fence, client, receiver);
        return groups.attach(identity, fence, client, member.own()).thenApply(member::opened);
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

    /** The storage has the subscription under these terms, by whichever runtime's doing. */
    void follow(SubscriptionName name, DeliveryTerms terms) {
        pushes.follow(name, terms);
    }

    /** Another runtime deleted the subscription. */
    void followEnd(SubscriptionName name) {
        pushes.end(name);
        subscriptions.ended(name);
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
