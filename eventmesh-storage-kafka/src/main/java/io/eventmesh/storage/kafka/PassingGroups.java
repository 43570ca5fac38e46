package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * The groups of this runtime that pass with their readers; they are in memory only, with what they have parked.
 *
 * <p>As a {@link Parking} it serves these groups, and passes all others on. Thread-safe; methods return without waiting.
 */
final class PassingGroups implements Parking {
    private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    private final Surroundings with;
    private final Starts starts;
    private final KnownProgress known;
    private final Parking stored;
    private final PassingParking parked = new PassingParking();
    private final Map<SubscriptionName, GroupEntry> groups = new ConcurrentHashMap<>();

    PassingGroups(Surroundings with, KnownProgress known, Parking stored) {
        this.with = with;
        this.starts = new Starts(with);
        this.known = known;
        this.stored = stored;
    }

    PassingParking parked() {
        return parked;
    }

    @Nullable
    GroupEntry group(SubscriptionName name) {
        return groups.get(name);
    }

    Collection<GroupEntry> all() {
        return groups.values();
    }

    /** @throws EventMeshException ALREADY_EXISTS for other terms, or when a group of the name is stored */
    CompletionStage<Void> create(SubscriptionName name, Set<StreamName> streams, DeliveryTerms terms) {
        if (with.catalog().group(name).isPresent()) {
            throw taken(name, "stored", "one that passes");
        }
        GroupEntry stands = groups.get(name);
        if (stands != null) {
            stands.terms().requireSame(name, terms);
            change(name, group -> {
                Set<StreamName> all = new HashSet<>(group.streams());
                all.addAll(streams);
                return new GroupEntry(name, all, group.terms(), group.paused(), group.incarnation());
            });
            return DONE;
        }
        GroupEntry made = new GroupEntry(name, streams, terms, false, PassingParking.incarnation());
        return begin(made, Start.latest()).thenCompose(begun -> {
            GroupEntry other = groups.putIfAbsent(name, made);
            if (other == null) {
                return DONE;
            }
            end(made);
            return create(name, streams, terms);
        });
    }

    /** @throws EventMeshException ALREADY_EXISTS when a passing group has the name */
    void requireFree(SubscriptionName name) {
        if (groups.containsKey(name)) {
            throw taken(name, "passing", "one that is stored");
        }
    }

    /** @throws EventMeshException NOT_FOUND */
    void change(SubscriptionName name, UnaryOperator<GroupEntry> change) {
        if (groups.computeIfPresent(name, (unused, group) -> change.apply(group)) == null) {
            throw StoredGroups.missing(name);
        }
    }

    CompletionStage<Void> move(GroupEntry group, Start start) {
        starts.require(group.name(), group.streams(), start);
        GroupEntry moved = new GroupEntry(
                group.name(), group.streams(), group.terms(), group.paused(), PassingParking.incarnation());
        return begin(moved, start).thenApply(begun -> {
            end(groups.replace(group.name(), group, moved) ? group : moved);
            return null;
        });
    }

    /** The group is no more. */
    void remove(GroupEntry group) {
        groups.computeIfPresent(
                group.name(), (name, stands) -> stands.incarnation().equals(group.incarnation()) ? null : stands);
        end(group);
    }

    private void end(GroupEntry group) {
        parked.end(group.incarnation());
        known.forget(group.incarnation());
    }

    private CompletionStage<Void> begin(GroupEntry group, Start start) {
        parked.begin(group.incarnation());
        List<StreamEntry> streams = group.streams().stream()
                .flatMap(name -> with.catalog().stream(name).stream())
                .toList();
        return starts.resolve(streams, start).thenAccept(offsets -> {
            for (StreamEntry stream : streams) {
                for (TopicPartition place : stream.topicPartitions()) {
                    Progress progress = Progress.at(offsets.getOrDefault(place, 0L));
                    known.learned(group.incarnation(), stream.topicId(), place.partition(), progress);
                }
            }
        });
    }

    private static EventMeshException taken(SubscriptionName name, String found, String expected) {
        return new EventMeshException(
                ErrorCode.ALREADY_EXISTS, "group %s: one that is %s (expected: %s)".formatted(name, found, expected));
    }

    // parking

    @Override
    public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
        GroupEntry passing = groups.get(group);
        return passing == null
                ? stored.park(group, epoch, ticket, record)
                : doing(passing, incarnation -> {
                    parked.put(incarnation, epoch, ticket, record);
                    return null;
                });
    }

    @Override
    public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
        GroupEntry passing = groups.get(group);
        return passing == null
                ? stored.repark(group, epoch, ticket)
                : doing(passing, incarnation -> {
                    if (!parked.replace(incarnation, epoch, ticket)) {
                        throw KafkaParking.notParked(group, ticket.position());
                    }
                    return null;
                });
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
        GroupEntry passing = groups.get(group);
        return passing == null
                ? stored.remove(group, epoch, position)
                : doing(passing, incarnation -> {
                    parked.remove(incarnation, epoch, position);
                    return null;
                });
    }

    @Override
    public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
        GroupEntry passing = groups.get(group);
        return passing == null ? stored.tickets(group) : doing(passing, parked::tickets);
    }

    @Override
    public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
        GroupEntry passing = groups.get(group);
        return passing == null
                ? stored.read(group, position)
                : doing(passing, incarnation -> {
                    EventRecord record = parked.record(incarnation, position);
                    if (record == null) {
                        throw KafkaParking.notParked(group, position);
                    }
                    return record;
                });
    }

    private <T> CompletionStage<T> doing(GroupEntry group, Function<String, T> step) {
        if (!with.running().getAsBoolean()) {
            return CompletableFuture.failedStage(Surroundings.unavailable());
        }
        try {
            return CompletableFuture.completedStage(step.apply(group.incarnation()));
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }
}
