package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups of the mesh as this runtime sees them, and the readers that it has open.
 *
 * <p>Thread-safe; methods return without waiting, but for {@link #start}, {@link #endReaders} and
 * {@link #close}.
 */
final class Groups implements Catalog.Listener, LostTopics.Listener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Groups.class);
    /** What others did is asked for so often, when somebody wants to know. */
    private static final Duration ASK_EVERY = Duration.ofSeconds(3);

    private static final Duration END_TIMEOUT = Duration.ofMillis(2_700);

    private final Surroundings with;
    private final KnownProgress known = new KnownProgress();
    private final Accounts accounts;
    private final StoredGroups stored;
    private final KafkaParking parking;
    private final PassingGroups passing;
    private final AtomicLong askedAt = new AtomicLong();
    /** Guarded by itself. */
    private final Map<SubscriptionName, KafkaReader> readers = new HashMap<>();

    Groups(Surroundings with) {
        this.with = with;
        this.stored = new StoredGroups(with, known);
        this.parking = new KafkaParking(with, known);
        this.accounts = new Accounts(known, parking.gaps(), new AtomicLong());
        this.passing = new PassingGroups(with, known, parking);
    }

    /** Reads what there is: progress of all groups, and what is parked. The catalog has been read. */
    void start() {
        with.catalog().listen(this);
        parking.start();
        askedAt.set(with.clock().nanoTime());
        Waiting.until(stored.ask(), with.config().startTimeout(), "progress of groups");
    }

    Parking parking() {
        return passing;
    }

    // what is asked for

    CompletionStage<Void> create(SubscriptionName name, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        passing.requireFree(name);
        return stored.create(name, streams, terms, start);
    }

    CompletionStage<Void> createPassing(SubscriptionName name, Set<StreamName> streams, DeliveryTerms terms) {
        return passing.create(name, streams, terms).thenRun(() -> {
            KafkaReader reader = reader(name);
            if (reader != null) {
                reader.streamsChanged();
            }
        });
    }

    CompletionStage<Void> alter(SubscriptionName name, DeliveryTerms terms) {
        return change(
                name,
                group -> new GroupEntry(group.name(), group.streams(), terms, group.paused(), group.incarnation()));
    }

    CompletionStage<Void> pause(SubscriptionName name, boolean paused) {
        return change(
                name,
                group -> new GroupEntry(group.name(), group.streams(), group.terms(), paused, group.incarnation()));
    }

    private CompletionStage<Void> change(SubscriptionName name, UnaryOperator<GroupEntry> change) {
        if (passing.group(name) == null) {
            return stored.change(name, change);
        }
        passing.change(name, change);
        return CompletableFuture.completedStage(null);
    }

    CompletionStage<Void> move(SubscriptionName name, Start start) {
        KafkaReader reader = reader(name);
        if (reader != null && !reader.isEnding()) {
            return CompletableFuture.failedStage(StoredGroups.read(name, 1));
        }
        CompletionStage<Void> left = reader == null ? CompletableFuture.completedStage(null) : reader.ended();
        return left.thenCompose(ended -> {
            GroupEntry passes = passing.group(name);
            return passes == null
                    ? stored.move(name, start).thenCompose(old -> parking.drop(old.incarnation()))
                    : passing.move(passes, start);
        });
    }

    CompletionStage<Void> delete(SubscriptionName name) {
        GroupEntry passes = passing.group(name);
        if (passes != null) {
            passing.remove(passes);
            end(passes, KafkaReader.Ending.GONE);
            return CompletableFuture.completedStage(null);
        }
        return stored.delete(name)
                .thenCompose(gone ->
                        gone == null ? CompletableFuture.completedStage(null) : parking.drop(gone.incarnation()));
    }

    Optional<GroupInfo> group(SubscriptionName name) {
        askNowAndThen();
        GroupEntry passes = passing.group(name);
        return passes == null ? with.catalog().group(name).map(this::info) : Optional.of(info(passes));
    }

    List<GroupInfo> groups() {
        askNowAndThen();
        return Stream.concat(with.catalog().groups().stream(), passing.all().stream())
                .map(this::info)
                .toList();
    }

    CompletionStage<GroupReader> openReader(SubscriptionName name, GroupReader.Listener listener) {
        KafkaReader opened;
        KafkaReader before;
        try {
            GroupEntry passes = passing.group(name);
            GroupEntry group = passes == null ? stored.require(name) : passes;
            synchronized (readers) {
                before = readers.get(name);
                if (before == null) {
                    requireRoom();
                }
                opened = new KafkaReader(
                        with,
                        name,
                        passes == null
                                ? new ConsumerGroup(with, group, parking)
                                : new PassingMembership(with, group.incarnation(), known, passing.parked()),
                        () -> stored.streamsOf(streamsOf(name, group.incarnation())),
                        accounts,
                        listener);
                readers.put(name, opened);
            }
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
        opened.ended().thenRun(() -> closed(opened));
        CompletableFuture<Void> free = CompletableFuture.completedFuture(null);
        if (before != null) {
            before.end(KafkaReader.Ending.GIVEN_UP);
            free = before.ended();
        }
        return free.thenApply(left -> begun(opened));
    }

    private void requireRoom() {
        long open =
                readers.values().stream().filter(reader -> !reader.isEnding()).count();
        if (open >= with.config().maxGroups()) {
            throw new EventMeshException(
                    ErrorCode.QUOTA_EXCEEDED,
                    "groups read by this runtime: %d (expected: at most %d, storage.kafka.max-groups)"
                            .formatted(open + 1, with.config().maxGroups()));
        }
    }

    private GroupReader begun(KafkaReader reader) {
        reader.start();
        GroupEntry stands = entry(reader.group());
        if (stands == null || !stands.incarnation().equals(reader.incarnation())) {
            reader.end(stands == null ? KafkaReader.Ending.GONE : KafkaReader.Ending.MOVED);
        }
        return reader;
    }

    private Set<StreamName> streamsOf(SubscriptionName name, String incarnation) {
        GroupEntry group = entry(name);
        return group != null && group.incarnation().equals(incarnation) ? group.streams() : Set.of();
    }

    private @Nullable GroupEntry entry(SubscriptionName name) {
        GroupEntry passes = passing.group(name);
        return passes == null ? with.catalog().group(name).orElse(null) : passes;
    }

    private void closed(KafkaReader reader) {
        boolean last;
        synchronized (readers) {
            last = readers.remove(reader.group(), reader);
        }
        GroupEntry passes = passing.group(reader.group());
        if (last && passes != null && passes.incarnation().equals(reader.incarnation())) {
            passing.remove(passes);
            accounts.gaps().remove(passes.incarnation());
        }
    }

    /** Ends the reader of a group that is no more. */
    private void end(GroupEntry group, KafkaReader.Ending how) {
        KafkaReader reader = reader(group.name());
        if (reader != null && reader.incarnation().equals(group.incarnation())) {
            reader.end(how);
        }
    }

    private @Nullable KafkaReader reader(SubscriptionName name) {
        synchronized (readers) {
            return readers.get(name);
        }
    }

    private List<KafkaReader> open() {
        synchronized (readers) {
            return List.copyOf(readers.values());
        }
    }

    // what is told of a group

    private GroupInfo info(GroupEntry group) {
        Map<StreamPartition, Progress> progress = known.of(group, with.catalog(), with.streams());
        long lag = 0;
        for (Map.Entry<StreamPartition, Progress> each : progress.entrySet()) {
            StreamPartition partition = each.getKey();
            lag += Progresses.missing(
                    each.getValue(),
                    with.streams().first(partition),
                    with.streams().end(partition));
        }
        return new GroupInfo(
                group.name(),
                group.terms(),
                progress,
                lag,
                parking.count(group.incarnation()) + passing.parked().count(group.incarnation()),
                false,
                group.paused(),
                accounts.gaps().of(group.incarnation()));
    }

    private void askNowAndThen() {
        long now = with.clock().nanoTime();
        long last = askedAt.get();
        if (now - last >= ASK_EVERY.toNanos() && askedAt.compareAndSet(last, now)) {
            stored.ask().thenRun(() -> parking.progress().write(with.catalog().groups(), with.catalog()));
            parking.removeOrphans(with.catalog().groups().stream()
                    .map(GroupEntry::incarnation)
                    .collect(Collectors.toSet()));
        }
    }

    // what the catalog tells

    @Override
    public void streamMade(StreamEntry stream) {
        open().forEach(KafkaReader::streamsChanged);
    }

    @Override
    public void streamDeleted(StreamEntry stream) {
        known.forget(stream.topicId());
        parking.forget(stream.topicId());
        passing.parked().drop(stream);
        open().forEach(reader -> reader.streamDropped(stream));
    }

    @Override
    public void streamLost(StreamEntry stream) {
        open().forEach(reader -> reader.streamDropped(stream));
    }

    @Override
    public void streamFound(StreamEntry stream) {
        open().forEach(KafkaReader::streamsChanged);
    }

    /** This runtime deleted the stream: what was parked of it goes, too. */
    CompletionStage<Void> streamDropped(StreamEntry stream) {
        return parking.drop(stream.topicId());
    }

    @Override
    public void groupChanged(@Nullable GroupEntry before, @Nullable GroupEntry after) {
        boolean same = before != null && after != null && before.incarnation().equals(after.incarnation());
        if (before != null && !same) {
            end(before, after == null ? KafkaReader.Ending.GONE : KafkaReader.Ending.MOVED);
            known.forget(before.incarnation());
            parking.forget(before.incarnation());
        }
        if (before != null && after != null && same && !before.streams().equals(after.streams())) {
            KafkaReader reader = reader(after.name());
            if (reader != null) {
                reader.streamsChanged();
            }
        }
        if (after != null && before == null) {
            askedAt.set(with.clock().nanoTime() - ASK_EVERY.toNanos());
        }
    }

    /** Ends all readers in good order. */
    void endReaders() {
        List<KafkaReader> left = open();
        left.forEach(reader -> reader.end(KafkaReader.Ending.GIVEN_UP));
        CompletableFuture<?>[] ended = left.stream().map(KafkaReader::ended).toArray(CompletableFuture[]::new);
        try {
            Waiting.until(CompletableFuture.allOf(ended), END_TIMEOUT, "readers to end");
        } catch (EventMeshException late) {
            log.warn("Readers did not end in time. error={}", late.reason());
        }
    }

    /** After the readers. */
    @Override
    public void close() {
        parking.close();
    }
}
