package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.mesh.peer.Peers;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The subscriptions as the storage keeps them: what is made, changed or deleted of one goes in a row. Thread-safe, never
 * blocks.
 */
final class Subscriptions {
    /** What became of a subscription that was put. */
    enum Change {
        MADE,
        CHANGED,
        SAME
    }

    private final Storage storage;
    private final StreamMap map;
    private final Streams streams;
    private final Turns<SubscriptionName> turns;
    private final WideGroups wide;
    private final Quotas quotas;
    private final LiveGroups groups;
    private final Peers peers;

    Subscriptions(
            Storage storage,
            StreamMap map,
            Streams streams,
            Turns<SubscriptionName> turns,
            WideGroups wide,
            Quotas quotas,
            LiveGroups groups,
            Peers peers) {
        this.storage = storage;
        this.map = map;
        this.streams = streams;
        this.turns = turns;
        this.wide = wide;
        this.quotas = quotas;
        this.groups = groups;
        this.peers = peers;
    }

    /** What the subscription was made or last changed with, if it is there. */
    Optional<DeliveryTerms> terms(SubscriptionName name) {
        return storage.group(name).map(GroupInfo::terms);
    }

    /** Makes the subscription, or finds it there under the same terms; fails with ALREADY_EXISTS when they differ. */
    CompletionStage<Void> make(SubscriptionName name, DeliveryTerms terms, Start start) {
        return ready(name).thenCompose(ready -> turns.take(name, () -> create(name, terms, start)));
    }

    /**
     * Makes the subscription, or changes its terms; its members are ended then, to come back under the new ones.
     *
     * @param stored told in turn, as soon as the terms are stored
     */
    CompletionStage<Change> put(SubscriptionName name, DeliveryTerms terms, Start start, Consumer<Change> stored) {
        return ready(name)
                .thenCompose(ready -> turns.take(name, () -> {
                    DeliveryTerms before = terms(name).orElse(null);
                    if (before == null || before.equals(terms)) {
                        Change change = before == null ? Change.MADE : Change.SAME;
                        return create(name, terms, start).thenApply(made -> {
                            stored.accept(change);
                            return change;
                        });
                    }
                    return storage.alterGroup(name, terms).thenCompose(altered -> {
                        stored.accept(Change.CHANGED);
                        return groups.end(name, LiveGroups.changed(name)).thenApply(ended -> Change.CHANGED);
                    });
                }));
    }

    /**
     * Deletes the subscription; its members are told NOT_FOUND. Completes with whether it was there.
     *
     * @param still asked in turn whether it shall be deleted after all
     */
    CompletionStage<Boolean> delete(SubscriptionName name, BooleanSupplier still) {
        return turns.take(name, () -> {
            GroupInfo there = storage.group(name).orElse(null);
            if (there == null || !still.getAsBoolean()) {
                return CompletableFuture.completedStage(false);
            }
            return storage.deleteGroup(name).thenCompose(deleted -> {
                wide.forget(name);
                EventMeshException cause =
                        new EventMeshException(ErrorCode.NOT_FOUND, "subscription: %s was deleted".formatted(name));
                return groups.end(name, cause)
                        .thenCompose(ended -> forgetRedriven(there))
                        .thenApply(forgotten -> true);
            });
        });
    }

    /** The subscription was deleted elsewhere, unless it was made again since; its members are told NOT_FOUND. */
    void ended(SubscriptionName name) {
        turns.take(name, () -> {
            if (storage.group(name).isPresent()) {
                return CompletableFuture.<Void>completedStage(null);
            }
            wide.forget(name);
            return groups.end(
                    name, new EventMeshException(ErrorCode.NOT_FOUND, "subscription: %s was deleted".formatted(name)));
        });
    }

    /** Lets the subscription go on from somewhere else; its members stay. */
    CompletionStage<Void> seek(SubscriptionName name, Start start) {
        return turns.take(
                name,
                () -> groups.move(name, () -> peers.letGo(name).thenCompose(free -> storage.moveGroup(name, start)))
                        .whenComplete((moved, failure) -> peers.goOn(name)));
    }

    /** Offers the subscription's members nothing until it is resumed. */
    CompletionStage<Void> pause(SubscriptionName name, boolean paused) {
        return turns.take(name, () -> storage.pauseGroup(name, paused).thenRun(() -> groups.lookAtPause(name)));
    }

    /** Lets the subscription read one more stream, from its beginning. Completes with false when it is no more. */
    CompletionStage<Boolean> read(SubscriptionName name, StreamName stream) {
        return streams.ready(Set.of(stream))
                .thenCompose(ready -> turns.take(name, () -> {
                    DeliveryTerms terms = terms(name).orElse(null);
                    return terms == null
                            ? CompletableFuture.completedStage(false)
                            : storage.createGroup(name, Set.of(stream), terms, Start.earliest())
                                    .thenApply(added -> true);
                }));
    }

    /** What was redriven to a subscription that is no more is nobody's, unless another one of the group reads it, too. */
    private CompletionStage<Void> forgetRedriven(GroupInfo gone) {
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        Set<StreamName> redriven = gone.progress().keySet().stream()
                .map(StreamPartition::stream)
                .filter(Redrive::isRedriven)
                .collect(Collectors.toSet());
        for (StreamName stream : redriven) {
            boolean read = storage.groups().stream()
                    .flatMap(group -> group.progress().keySet().stream())
                    .anyMatch(partition -> partition.stream().equals(stream));
            if (!read) {
                streams.forget(stream);
                all = all.thenCombine(storage.deleteStream(stream), (a, b) -> null);
            }
        }
        return all;
    }

    private CompletionStage<Void> ready(SubscriptionName name) {
        return StreamMap.isWide(name.pattern())
                ? CompletableFuture.completedStage(null)
                : streams.ready(map.streamsOf(name.namespace(), name.pattern()));
    }

    private CompletionStage<Void> create(SubscriptionName name, DeliveryTerms terms, Start start) {
        if (Quotas.counts(name, name.namespace()) && storage.group(name).isEmpty()) {
            quotas.checkSubscriptions(
                    name.namespace(),
                    () -> storage.groups().stream()
                            .filter(group -> Quotas.counts(group.name(), name.namespace()))
                            .count());
        }
        boolean isWide = StreamMap.isWide(name.pattern());
        Set<StreamName> sources = isWide ? wide.enter(name) : map.streamsOf(name.namespace(), name.pattern());
        CompletionStage<Void> made = Subscribing.isPassing(name)
                ? storage.createPassingGroup(name, sources, terms)
                : storage.createGroup(name, sources, terms, start);
        return made.whenComplete((done, failure) -> {
            if (failure != null && isWide && storage.group(name).isEmpty()) {
                wide.forget(name);
            }
        });
    }
}
