package io.eventmesh.storage.rocksdb;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which streams, groups and readers there are, and how they hang together.
 *
 * <p>Changes take the one structure lock, then partitions' locks one at a time, and wake readers after both. What they
 * change is in memory at once and goes on the pipe under the lock; the answer comes when the disk has it. Lookups take no
 * lock.
 */
final class Catalog {
    private final OpenStorage storage;
    private final LogEnvironment environment;
    private final CommitPipe pipe;
    private final Map<StreamName, LogStream> streams = new ConcurrentHashMap<>();
    private final Map<SubscriptionName, Group> groups = new ConcurrentHashMap<>();
    private final Object structure = new Object();
    private Counters counters;
    private long epochs;
    /** Passing groups of this run. */
    private int passing;

    /** @param counters as they were found, with this run counted */
    Catalog(OpenStorage storage, LogEnvironment environment, Counters counters) {
        this.storage = storage;
        this.environment = environment;
        this.pipe = environment.pipe();
        this.counters = counters;
        this.epochs = counters.runs() << 32;
    }

    /** All streams, seen through. */
    Collection<LogStream> streams() {
        return streams.values();
    }

    Collection<Group> groups() {
        return groups.values();
    }

    @Nullable
    LogStream find(StreamName name) {
        return streams.get(name);
    }

    Optional<Group> group(SubscriptionName name) {
        return Optional.ofNullable(groups.get(name));
    }

    // recovery, before anything else

    void recovered(LogStream stream) {
        streams.put(stream.name(), stream);
    }

    void recovered(Group group) {
        groups.put(group.name(), group);
    }

    // streams

    CompletionStage<Void> createStream(StreamName name, StreamSettings settings) {
        List<RocksReader> changed = new ArrayList<>();
        CompletionStage<Void> answer;
        synchronized (structure) {
            LogStream there = streams.get(name);
            if (there != null) {
                if (there.settings().partitions() != settings.partitions()) {
                    throw new EventMeshException(
                            ErrorCode.ALREADY_EXISTS,
                            "stream %s: partitions %s (expected: %s, as it was made)"
                                    .formatted(
                                            name,
                                            settings.partitions(),
                                            there.settings().partitions()));
                }
                return offer(batch -> {});
            }
            storage.requireRoomOnDisk("stream " + name);
            LogStream stream =
                    new LogStream(counters.stream(), name, new StreamSettings(settings.partitions()), environment);
            counters = counters.withStream();
            Counters now = counters;
            answer = offer(batch -> {
                batch.put(Table.FACTS, Keys.counters(), now.stored());
                batch.put(Table.FACTS, Keys.stream(stream.id()), stream.stored());
            });
            for (Group group : groups.values()) {
                if (group.streams().contains(name)) {
                    join(group, stream, Starts.EARLIEST, changed);
                }
            }
            streams.put(name, stream);
        }
        changed.forEach(RocksReader::drainNews);
        return answer;
    }

    CompletionStage<Void> deleteStream(StreamName name) {
        List<RocksReader> changed = new ArrayList<>();
        CompletionStage<Void> answer;
        synchronized (structure) {
            LogStream stream = streams.remove(name);
            if (stream == null) {
                return offer(batch -> {});
            }
            for (PartitionLog log : stream.logs()) {
                Cursor[] cursors = log.cursors();
                log.remove();
                for (Cursor cursor : cursors) {
                    revoke(cursor, changed);
                    cursor.group().cursors().remove(log.id(), cursor);
                }
            }
            List<Group> all = List.copyOf(groups.values());
            all.forEach(group -> storage.parkedEvents().clear(group, name));
            answer = offer(batch -> {
                batch.delete(Table.FACTS, Keys.stream(stream.id()));
                batch.deleteAll(Table.FACTS, Keys.ofStream(Keys.BASE, stream.id()));
                batch.deleteAll(Table.FACTS, Keys.ofStream(Keys.MARK, stream.id()));
                batch.deleteAll(Table.INDEX, Keys.chunksOf(stream.id()));
                batch.deleteAll(Table.RECORDS, Keys.chunksOf(stream.id()));
                for (Group group : all) {
                    for (PartitionLog log : stream.logs()) {
                        batch.delete(
                                Table.FACTS,
                                Keys.progress(group.id(), stream.id(), log.id().index()));
                    }
                }
            });
            environment.store().stir();
        }
        changed.forEach(RocksReader::drainNews);
        return answer;
    }

    // groups

    CompletionStage<Void> createGroup(
            SubscriptionName name, Set<StreamName> wanted, DeliveryTerms terms, Starts starts) {
        List<RocksReader> changed = new ArrayList<>();
        CompletionStage<Void> answer;
        synchronized (structure) {
            storage.requireRunning();
            Group there = groups.get(name);
            if (there != null) {
                requireSame(there, terms, false);
                Set<StreamName> more = more(there, wanted);
                join(there, more, Starts.EARLIEST, changed);
                byte[] stored = there.stored();
                answer = more.isEmpty()
                        ? offer(batch -> {})
                        : offer(batch -> batch.put(Table.FACTS, Keys.group(there.id()), stored));
            } else {
                Group group = new Group(counters.group(), name, terms);
                counters = counters.withGroup();
                Counters now = counters;
                join(group, wanted, starts, changed);
                groups.put(name, group);
                byte[] stored = group.stored();
                answer = offer(batch -> {
                    batch.put(Table.FACTS, Keys.counters(), now.stored());
                    batch.put(Table.FACTS, Keys.group(group.id()), stored);
                });
            }
        }
        changed.forEach(RocksReader::drainNews);
        return answer;
    }

    CompletionStage<Void> createPassingGroup(SubscriptionName name, Set<StreamName> wanted, DeliveryTerms terms) {
        List<RocksReader> changed = new ArrayList<>();
        synchronized (structure) {
            storage.requireRunning();
            Group there = groups.get(name);
            if (there != null) {
                requireSame(there, terms, true);
                join(there, more(there, wanted), Starts.EARLIEST, changed);
            } else {
                Group group = new Group(Keys.passing(passing++), name, terms);
                join(group, wanted, Starts.LATEST, changed);
                groups.put(name, group);
            }
        }
        changed.forEach(RocksReader::drainNews);
        return CompletableFuture.completedStage(null);
    }

    private static Set<StreamName> more(Group there, Set<StreamName> wanted) {
        Set<StreamName> more = new HashSet<>(wanted);
        more.removeAll(there.streams());
        return more;
    }

    private static void requireSame(Group there, DeliveryTerms terms, boolean passing) {
        if (there.isPassing() != passing) {
            throw new EventMeshException(
                    ErrorCode.ALREADY_EXISTS,
                    "group %s: passing %s (expected: %s, as it was made)"
                            .formatted(there.name(), passing, there.isPassing()));
        }
        there.terms().requireSame(there.name(), terms);
    }

    CompletionStage<Void> alterGroup(SubscriptionName name, DeliveryTerms terms) {
        synchronized (structure) {
            storage.requireRunning();
            Group group = require(name);
            group.terms(terms);
            if (group.isPassing()) {
                return CompletableFuture.completedStage(null);
            }
            byte[] stored = group.stored();
            return offer(batch -> batch.put(Table.FACTS, Keys.group(group.id()), stored));
        }
    }

    CompletionStage<Void> pauseGroup(SubscriptionName name, boolean paused) {
        synchronized (structure) {
            storage.requireRunning();
            Group group = require(name);
            group.paused(paused);
            if (group.isPassing()) {
                return CompletableFuture.completedStage(null);
            }
            byte[] key = Keys.paused(group.id());
            return offer(batch -> {
                if (paused) {
                    batch.put(Table.FACTS, key, Stored.paused());
                } else {
                    batch.delete(Table.FACTS, key);
                }
            });
        }
    }

    CompletionStage<Void> moveGroup(SubscriptionName name, Starts starts) {
        synchronized (structure) {
            Group group = require(name);
            if (group.reader() != null) {
                throw new EventMeshException(
                        ErrorCode.FENCED, "group %s: read by a subscriber (expected: no open reader)".formatted(name));
            }
            for (Cursor cursor : group.cursors().values()) {
                synchronized (cursor.log()) {
                    cursor.moveTo(starts.in(cursor.log()));
                }
                cursor.log().stream().budget().stir();
            }
            storage.parkedEvents().clear(group);
            environment.store().stir();
            return offer(batch -> {});
        }
    }

    CompletionStage<Void> deleteGroup(SubscriptionName name) {
        List<RocksReader> changed = new ArrayList<>();
        CompletionStage<Void> answer;
        synchronized (structure) {
            Group group = groups.remove(name);
            if (group == null) {
                return offer(batch -> {});
            }
            group.remove();
            remove(group, changed);
            storage.parkedEvents().clear(group);
            answer = offer(batch -> {
                batch.delete(Table.FACTS, Keys.group(group.id()));
                batch.delete(Table.FACTS, Keys.gaps(group.id()));
                batch.delete(Table.FACTS, Keys.paused(group.id()));
                batch.deleteAll(Table.FACTS, Keys.progressOf(group.id()));
            });
            environment.store().stir();
        }
        changed.forEach(RocksReader::drainNews);
        return answer;
    }

    // readers

    GroupReader openReader(SubscriptionName name, GroupReader.Listener listener) {
        List<RocksReader> changed = new ArrayList<>();
        RocksReader reader;
        synchronized (structure) {
            storage.requireRunning();
            Group group = require(name);
            group.cursors().values().forEach(cursor -> revoke(cursor, changed));
            reader = new RocksReader(storage, group, listener);
            group.reader(reader);
            for (Cursor cursor : inOrder(group)) {
                reader.assign(cursor, ++epochs);
            }
        }
        changed.forEach(RocksReader::drainNews);
        reader.drainNews();
        return reader;
    }

    void closeReader(RocksReader reader) {
        synchronized (structure) {
            Group group = reader.group();
            if (group.reader() == reader) {
                group.reader(null);
                if (group.isPassing()) {
                    pass(group);
                }
            }
            List.copyOf(reader.assignments()).forEach(assignment -> reader.revoke(assignment.cursor()));
        }
    }

    /** Its reader, which is told nothing more, is gone. */
    private void pass(Group group) {
        groups.remove(group.name());
        group.remove();
        remove(group, new ArrayList<>());
        storage.parkedEvents().clear(group);
        environment.store().stir();
    }

    /** Takes the partitions from all readers, and tells them. */
    void close() {
        List<RocksReader> changed = new ArrayList<>();
        synchronized (structure) {
            groups.values().forEach(group -> remove(group, changed));
        }
        changed.forEach(RocksReader::drainNews);
    }

    /** Tells all readers that they cannot go on. */
    void fail(EventMeshException cause) {
        List<RocksReader> open = new ArrayList<>();
        synchronized (structure) {
            for (Group group : groups.values()) {
                RocksReader reader = group.reader();
                if (reader != null) {
                    open.add(reader);
                }
            }
        }
        open.forEach(reader -> reader.fail(cause));
    }

    private void remove(Group group, List<RocksReader> changed) {
        for (Cursor cursor : group.cursors().values()) {
            revoke(cursor, changed);
            cursor.log().remove(cursor);
            cursor.log().stream().budget().stir();
        }
        group.cursors().clear();
        group.reader(null);
    }

    private void join(Group group, Set<StreamName> names, Starts starts, List<RocksReader> changed) {
        for (StreamName name : names) {
            group.streams().add(name);
            LogStream stream = streams.get(name);
            if (stream != null) {
                join(group, stream, starts, changed);
            }
        }
    }

    private void join(Group group, LogStream stream, Starts starts, List<RocksReader> changed) {
        RocksReader reader = group.reader();
        for (PartitionLog log : stream.logs()) {
            Cursor cursor;
            synchronized (log) {
                cursor = new Cursor(group, log, pipe, Progress.at(starts.in(log)));
                log.add(cursor);
                cursor.store();
            }
            group.cursors().put(log.id(), cursor);
            if (reader != null) {
                reader.assign(cursor, ++epochs);
                changed.add(reader);
            }
        }
    }

    private static void revoke(Cursor cursor, List<RocksReader> changed) {
        RocksReader reader = cursor.group().reader();
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

    private CompletableFuture<Void> offer(FactChange.Step step) {
        FactChange change = new FactChange(step);
        pipe.offer(change);
        return change;
    }

    private Group require(SubscriptionName name) {
        Group group = groups.get(name);
        if (group == null) {
            throw OpenStorage.noGroup(name);
        }
        return group;
    }

    /** The partitions of these streams, for a start that has to be looked up. */
    List<PartitionLog> partitions(Set<StreamName> names) {
        List<PartitionLog> all = new ArrayList<>();
        for (StreamName name : names) {
            LogStream stream = streams.get(name);
            if (stream != null) {
                all.addAll(List.of(stream.logs()));
            }
        }
        return all;
    }
}
