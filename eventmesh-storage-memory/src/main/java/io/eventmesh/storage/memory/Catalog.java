package io.eventmesh.storage.memory;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which streams, groups and readers there are, and how they hang together.
 *
 * <p>Changes take the one structure lock, then partitions' locks one at a time, and wake readers after both. Lookups
 * take none.
 */
final class Catalog {
    /** What was there when the storage closed. */
    record Left(long streams, long events, long parked) {}

    private final MemoryStorage storage;
    private final MemoryStorageConfig config;
    private final Budget budget;
    private final MeshClock clock;
    private final Recent recent = new Recent();
    private final Map<StreamName, MemoryStream> streams = new ConcurrentHashMap<>();
    private final Map<SubscriptionName, Group> groups = new ConcurrentHashMap<>();
    private final Object structure = new Object();
    private long epochs;

    Catalog(MemoryStorage storage, MemoryStorageConfig config, Budget budget, MeshClock clock) {
        this.storage = storage;
        this.config = config;
        this.budget = budget;
        this.clock = clock;
    }

    /** All streams, seen through. */
    Collection<MemoryStream> streams() {
        return streams.values();
    }

    Collection<Group> groups() {
        return groups.values();
    }

    @Nullable
    MemoryStream find(StreamName name) {
        return streams.get(name);
    }

    Optional<MemoryStream> stream(StreamName name) {
        return Optional.ofNullable(streams.get(name));
    }

    Optional<Group> group(SubscriptionName name) {
        return Optional.ofNullable(groups.get(name));
    }

    void createStream(StreamName name, StreamSettings settings) {
        List<MemoryReader> changed = new ArrayList<>();
        synchronized (structure) {
            MemoryStream there = streams.get(name);
            if (there != null) {
                if (there.settings().partitions() != settings.partitions()) {
                    throw differs(
                            "stream " + name,
                            "partitions",
                            settings.partitions(),
                            there.settings().partitions());
                }
                return;
            }
            requireRunning();
            MemoryStream stream = new MemoryStream(
                    name,
                    settings,
                    new Budget(config.streamLimit()),
                    budget,
                    recent,
                    config.maxAge().toMillis());
            for (Group group : groups.values()) {
                if (group.streams().contains(name)) {
                    join(group, stream, Start.earliest(), changed);
                }
            }
            streams.put(name, stream);
        }
        changed.forEach(MemoryReader::drainNews);
    }

    void deleteStream(StreamName name) {
        List<MemoryReader> changed = new ArrayList<>();
        synchronized (structure) {
            MemoryStream stream = streams.remove(name);
            if (stream == null) {
                return;
            }
            for (PartitionLog log : stream.logs()) {
                Cursor[] cursors = log.cursors();
                log.remove();
                for (Cursor cursor : cursors) {
                    revoke(cursor, changed);
                    cursor.group().cursors().remove(log.id(), cursor);
                }
            }
            groups.values().forEach(group -> group.parked().clear(name));
            budget.stir();
        }
        changed.forEach(MemoryReader::drainNews);
    }

    void createGroup(SubscriptionName name, Set<StreamName> wanted, DeliveryTerms terms, Start start) {
        create(name, wanted, terms, start, false);
    }

    void createPassingGroup(SubscriptionName name, Set<StreamName> wanted, DeliveryTerms terms) {
        create(name, wanted, terms, Start.latest(), true);
    }

    private void create(
            SubscriptionName name, Set<StreamName> wanted, DeliveryTerms terms, Start start, boolean passing) {
        List<MemoryReader> changed = new ArrayList<>();
        wanted.forEach(this::expire);
        synchronized (structure) {
            requireRunning();
            Group there = groups.get(name);
            if (there != null) {
                requireSame(there, terms, passing);
                Set<StreamName> more = new HashSet<>(wanted);
                more.removeAll(there.streams());
                join(there, more, Start.earliest(), changed);
            } else {
                requireAmong(start, wanted);
                Group group = new Group(name, terms, passing, new ParkedEvents(budget), clock.nanoTime());
                join(group, wanted, start, changed);
                groups.put(name, group);
            }
        }
        changed.forEach(MemoryReader::drainNews);
    }

    void alterGroup(SubscriptionName name, DeliveryTerms terms) {
        synchronized (structure) {
            requireRunning();
            require(name).terms(terms);
        }
    }

    void pauseGroup(SubscriptionName name, boolean paused) {
        synchronized (structure) {
            requireRunning();
            require(name).paused(paused);
        }
    }

    void moveGroup(SubscriptionName name, Start start) {
        group(name).ifPresent(group -> group.streams().forEach(this::expire));
        synchronized (structure) {
            Group group = require(name);
            if (group.reader() != null) {
                throw new EventMeshException(
                        ErrorCode.FENCED, "group %s: read by a subscriber (expected: no open reader)".formatted(name));
            }
            requireAmong(start, group.streams());
            for (Cursor cursor : group.cursors().values()) {
                synchronized (cursor.log()) {
                    cursor.moveTo(resolve(start, cursor.log()));
                }
                cursor.log().stream().stir();
            }
            group.parked().clear();
            group.progressed(clock.nanoTime());
            group.holdOn();
            budget.stir();
        }
    }

    void deleteGroup(SubscriptionName name) {
        List<MemoryReader> changed = new ArrayList<>();
        synchronized (structure) {
            Group group = groups.remove(name);
            if (group == null) {
                return;
            }
            remove(group, changed);
            budget.stir();
        }
        changed.forEach(MemoryReader::drainNews);
    }

    GroupReader openReader(SubscriptionName name, GroupReader.Listener listener) {
        List<MemoryReader> changed = new ArrayList<>();
        MemoryReader reader;
        synchronized (structure) {
            Group group = require(name);
            group.cursors().values().forEach(cursor -> revoke(cursor, changed));
            reader = new MemoryReader(storage, group, listener);
            group.reader(reader);
            for (Cursor cursor : inOrder(group)) {
                reader.assign(cursor, ++epochs);
            }
        }
        changed.forEach(MemoryReader::drainNews);
        reader.drainNews();
        return reader;
    }

    void closeReader(MemoryReader reader) {
        synchronized (structure) {
            Group group = reader.group();
            if (group.reader() == reader) {
                group.reader(null);
                if (group.isPassing()) {
                    groups.remove(group.name());
                    remove(group, new ArrayList<>());
                    budget.stir();
                }
            }
            List.copyOf(reader.assignments()).forEach(assignment -> reader.revoke(assignment.cursor()));
        }
    }

    Left close() {
        List<MemoryReader> changed = new ArrayList<>();
        Left left;
        synchronized (structure) {
            long parked = groups.values().stream()
                    .mapToLong(group -> group.parked().count())
                    .sum();
            long events = streams.values().stream()
                    .mapToLong(stream -> stream.info().events())
                    .sum();
            left = new Left(streams.size(), events, parked);
            groups.values().forEach(group -> remove(group, changed));
            groups.clear();
            for (MemoryStream stream : streams.values()) {
                for (PartitionLog log : stream.logs()) {
                    log.remove();
                }
            }
            streams.clear();
        }
        changed.forEach(MemoryReader::drainNews);
        return left;
    }

    private void expire(StreamName name) {
        stream(name).ifPresent(storage::expire);
    }

    private void remove(Group group, List<MemoryReader> changed) {
        group.parked().close();
        for (Cursor cursor : group.cursors().values()) {
            revoke(cursor, changed);
            cursor.log().remove(cursor);
            cursor.log().stream().stir();
        }
        group.cursors().clear();
        group.reader(null);
    }

    private void join(Group group, Set<StreamName> names, Start start, List<MemoryReader> changed) {
        for (StreamName name : names) {
            group.streams().add(name);
            MemoryStream stream = streams.get(name);
            if (stream != null) {
                join(group, stream, start, changed);
            }
        }
    }

    private void join(Group group, MemoryStream stream, Start start, List<MemoryReader> changed) {
        MemoryReader reader = group.reader();
        for (PartitionLog log : stream.logs()) {
            Cursor cursor;
            synchronized (log) {
                cursor = new Cursor(group, log, resolve(start, log));
                log.add(cursor);
            }
            group.cursors().put(log.id(), cursor);
            if (reader != null) {
                reader.assign(cursor, ++epochs);
                changed.add(reader);
            }
        }
    }

    private static void revoke(Cursor cursor, List<MemoryReader> changed) {
        MemoryReader reader = cursor.group().reader();
        if (reader != null) {
            reader.revoke(cursor);
            changed.add(reader);
        }
    }

    private static List<Cursor> inOrder(Group group) {
        return group.cursors().values().stream()
                .sorted((one, other) ->
                        Cursor.ORDER.compare(one.log().id(), other.log().id()))
                .toList();
    }

    /** Under the partition's lock. */
    private static long resolve(Start start, PartitionLog log) {
        if (start instanceof Start.Latest) {
            return log.end();
        }
        if (start instanceof Start.AtTime at) {
            return log.firstSince(at.time().toEpochMilli());
        }
        if (start instanceof Start.AtPosition at && at.position().partition().equals(log.id())) {
            return Math.max(log.base(), Math.min(log.end(), at.position().offset()));
        }
        return log.base();
    }

    private static void requireAmong(Start start, Set<StreamName> streams) {
        if (start instanceof Start.AtPosition at && !streams.contains(at.position().partition().stream())) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "start: %s (expected: a position in one of %s)".formatted(at.position(), streams));
        }
    }

    private static void requireSame(Group there, DeliveryTerms terms, boolean passing) {
        if (there.isPassing() != passing) {
            throw differs("group " + there.name(), "passing", passing, there.isPassing());
        }
        there.terms().requireSame(there.name(), terms);
    }

    private static EventMeshException differs(String what, String which, Object given, Object stored) {
        return new EventMeshException(
                ErrorCode.ALREADY_EXISTS,
                "%s: %s %s (expected: %s, as it was made)".formatted(what, which, given, stored));
    }

    private Group require(SubscriptionName name) {
        Group group = groups.get(name);
        if (group == null) {
            throw MemoryStorage.noGroup(name);
        }
        return group;
    }

    /** Closing takes the structure lock too, so that nothing is made behind its back. */
    private void requireRunning() {
        if (!storage.isRunning()) {
            throw storage.unavailable();
        }
    }
}
