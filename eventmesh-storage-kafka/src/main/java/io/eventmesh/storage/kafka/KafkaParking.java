package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Parking;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.RecordBytes;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Parking on a compacted topic: for each parked event a content and, behind it, a ticket; for each partition of a group a
 * fence, which its new owner writes before it asks for tickets. Every runtime keeps all tickets in memory.
 *
 * <p>Thread-safe; methods return without waiting, but for {@link #start} and {@link #close}.
 */
final class KafkaParking implements Parking, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(KafkaParking.class);

    /** The catalog is heard of later than what is written under it. */
    private static final Duration ORPHANED_AFTER = Duration.ofMinutes(10);

    private static final int FENCE_ATTEMPTS = 10;

    /** Where a partition is in this runtime's hands, and since when. */
    private record Owned(long epoch, @Nullable Fence fence) {}

    private final Surroundings with;
    private final ParkingState state = new ParkingState();
    private final ParkingLog topic;
    private final ParkedContents contents;
    private final GapBook gaps;
    private final KeptProgress progress;
    /** By the fence's key; also what was given up, as its epoch stays refused. */
    private final Map<ParkingKey, Owned> owned = new ConcurrentHashMap<>();
    /** By incarnation: since when, in monotonic time, the catalog has not known the group. */
    private final Map<String, Long> orphans = new ConcurrentHashMap<>();
    /** By incarnation: fences that are on their way. */
    private final Map<String, CompletableFuture<Void>> fencing = new ConcurrentHashMap<>();

    KafkaParking(Surroundings with, KnownProgress known) {
        this.with = with;
        this.contents = new ParkedContents(with);
        this.topic = new ParkingLog(with, this::read);
        this.gaps = new GapBook(with.clock(), this::note);
        this.progress = new KeptProgress(known, with.clock(), this::note);
    }

    void start() {
        topic.start();
    }

    /** What groups missed, which is written in the same topic. */
    GapBook gaps() {
        return gaps;
    }

    /** How far groups are, which is written there as well. */
    KeptProgress progress() {
        return progress;
    }

    private void note(ParkingKey key, byte[] value) {
        if (!PassingParking.isPassing(key.incarnation())) {
            topic.write(key, null, value);
        }
    }

    // owners

    /**
     * A partition was assigned here: what comes under older epochs, from wherever, is refused from now on.
     *
     * @param generation of the consumer group
     * @param unknown whether the group has no progress there, as when Kafka has forgotten it
     */
    void owned(GroupEntry group, StreamEntry stream, int partition, long epoch, int generation, boolean unknown) {
        ParkingKey key = new ParkingKey(ParkingKey.Kind.FENCE, group.incarnation(), stream.topicId(), partition, 0);
        Fence before = state.fenceOf(key);
        int era = before == null ? 0 : before.era();
        Fence fence =
                new Fence(unknown && before != null && generation < before.generation() ? era + 1 : era, generation);
        owned.put(key, new Owned(epoch, fence));
        CompletionStage<Void> written = fence(key, owned.get(key), FENCE_ATTEMPTS);
        fencing.merge(
                group.incarnation(),
                written.toCompletableFuture(),
                (one, other) -> CompletableFuture.allOf(one, other));
    }

    /** What is parked counts only behind the fence: it is tried again while the partition is ours. */
    private CompletionStage<Void> fence(ParkingKey key, @Nullable Owned owner, int attempts) {
        if (owner == null || owner.fence() == null || attempts == 0 || !owner.equals(owned.get(key))) {
            return CompletableFuture.completedStage(null);
        }
        Fence fence = owner.fence();
        return topic.write(key, fence, fence.bytes())
                .handle((counts, failure) -> failure == null
                        ? CompletableFuture.<Void>completedStage(null)
                        : fence(key, owner, attempts - 1))
                .thenCompose(Function.identity());
    }

    // what is asked for

    @Override
    public CompletionStage<Void> park(SubscriptionName group, long epoch, Ticket ticket, EventRecord record) {
        return changing(group, epoch, ticket.position(), (key, fence) -> {
            CompletionStage<Boolean> content = topic.write(key.as(ParkingKey.Kind.CONTENT), fence, bytes(record));
            if (content.toCompletableFuture().isCompletedExceptionally()) {
                return content;
            }
            return content.thenCombine(topic.write(key, fence, TicketForm.write(ticket)), Boolean::logicalAnd);
        });
    }

    @Override
    public CompletionStage<Void> repark(SubscriptionName group, long epoch, Ticket ticket) {
        return changing(group, epoch, ticket.position(), (key, fence) -> {
            if (state.ticketOf(key) == null) {
                throw notParked(group, ticket.position());
            }
            return topic.write(key, fence, TicketForm.write(ticket));
        });
    }

    @Override
    public CompletionStage<Void> remove(SubscriptionName group, long epoch, Position position) {
        return changing(group, epoch, position, (key, fence) -> {
            if (!state.holds(key)) {
                return CompletableFuture.completedStage(true);
            }
            CompletionStage<Boolean> ticket = topic.write(key, fence, null);
            return ticket.thenCombine(topic.write(key.as(ParkingKey.Kind.CONTENT), fence, null), Boolean::logicalAnd);
        });
    }

    @Override
    public CompletionStage<List<Ticket>> tickets(SubscriptionName group) {
        return with(group, entry -> {
            CompletableFuture<Void> fences =
                    fencing.getOrDefault(entry.incarnation(), CompletableFuture.completedFuture(null));
            return fences.thenCompose(done -> {
                        fencing.remove(entry.incarnation(), fences);
                        return topic.readToEnd(topic.partitionOf(entry.incarnation()));
                    })
                    .thenApply(read -> state.tickets(entry.incarnation(), this::isThere));
        });
    }

    @Override
    public CompletionStage<EventRecord> read(SubscriptionName group, Position position) {
        return with(group, entry -> {
            ParkingKey key = key(entry, position);
            long at = key == null ? -1 : state.contentOf(key);
            if (key == null || at < 0) {
                throw notParked(group, position);
            }
            return contents.read(topic.partitionOf(entry.incarnation()), at).thenApply(content -> {
                if (content == null) {
                    throw notParked(group, position);
                }
                return RecordBytes.read(ByteBuffer.wrap(content));
            });
        });
    }

    long count(String incarnation) {
        return state.count(incarnation);
    }

    private interface Change {
        CompletionStage<Boolean> under(ParkingKey key, @Nullable Fence fence);
    }

    private CompletionStage<Void> changing(SubscriptionName group, long epoch, Position position, Change change) {
        return with(group, entry -> {
            ParkingKey key = key(entry, position);
            Owned owner = key == null ? null : owned.get(key.fence());
            if (key == null || (owner != null && epoch < owner.epoch())) {
                throw fenced(position, epoch);
            }
            Fence fence = owner != null && owner.epoch() == epoch ? owner.fence() : null;
            return change.under(key, fence).thenApply(counts -> {
                if (!counts) {
                    throw fenced(position, epoch);
                }
                return null;
            });
        });
    }

    private <T> CompletionStage<T> with(SubscriptionName group, Function<GroupEntry, CompletionStage<T>> step) {
        if (!with.running().getAsBoolean()) {
            return CompletableFuture.failedStage(Surroundings.unavailable());
        }
        try {
            GroupEntry entry = with.catalog().group(group).orElseThrow(() -> StoredGroups.missing(group));
            return step.apply(entry).handle((value, failure) -> {
                if (failure != null) {
                    throw Clients.failure(failure);
                }
                return value;
            });
        } catch (RuntimeException refused) {
            return CompletableFuture.failedStage(Clients.failure(refused));
        }
    }

    /** Null where the stream is not there. */
    private @Nullable ParkingKey key(GroupEntry group, Position position) {
        return with.catalog().stream(position.partition().stream())
                .map(stream -> new ParkingKey(
                        ParkingKey.Kind.TICKET,
                        group.incarnation(),
                        stream.topicId(),
                        position.partition().index(),
                        position.offset()))
                .orElse(null);
    }

    private boolean isThere(StreamName stream, Uuid topicId) {
        return with.catalog().stream(stream)
                .map(entry -> entry.topicId().equals(topicId))
                .orElse(false);
    }

    private static byte[] bytes(EventRecord record) {
        ByteBuffer out = ByteBuffer.allocate(RecordBytes.maxSize(record));
        RecordBytes.write(record, out);
        return Arrays.copyOf(out.array(), out.position());
    }

    static EventMeshException fenced(Position position, long epoch) {
        return new EventMeshException(
                ErrorCode.FENCED,
                "parked event %s: epoch %d (expected: the partition's newest)".formatted(position, epoch));
    }

    static EventMeshException notParked(SubscriptionName group, Position position) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND,
                "parked event: %s of %s (expected: one that is parked)".formatted(position, group));
    }

    // what the topic says

    private boolean read(ParkingKey key, @Nullable Fence fence, byte @Nullable [] value, int partition, long offset) {
        boolean counts = switch (key.kind()) {
            case FENCE -> state.fence(key, Fence.read(value));
            case TICKET -> state.ticket(key, fence, value == null ? null : TicketForm.read(key, value));
            case CONTENT -> state.content(key, fence, value == null ? -1 : offset);
            case GAPS -> {
                gaps.read(key, value == null ? List.of() : GapForm.read(key.partition(), value));
                yield true;
            }
            case PROGRESS -> {
                progress.read(key, value);
                yield true;
            }
        };
        if (key.kind() == ParkingKey.Kind.CONTENT && value != null && counts) {
            contents.seen(partition, offset, value);
        }
        boolean mine = isMine(key.fence());
        if (mine && (!counts || key.kind() == ParkingKey.Kind.FENCE)) {
            state.takeWrong(key.fence()).forEach(this::putRight);
        }
        return counts;
    }

    private boolean isMine(ParkingKey fenceKey) {
        Owned owner = owned.get(fenceKey);
        return owner != null && Objects.equals(owner.fence(), state.fenceOf(fenceKey));
    }

    /** A former owner wrote what does not count: what is right must be the newest of its key. */
    private void putRight(ParkingKey wrong) {
        Owned owner = owned.get(wrong.fence());
        if (owner == null || owner.fence() == null) {
            return;
        }
        Fence fence = owner.fence();
        log.info("Parked event of a former owner put right. key={}", wrong);
        if (wrong.kind() == ParkingKey.Kind.FENCE) {
            topic.write(wrong, fence, fence.bytes());
            return;
        }
        ParkingKey ticketKey = wrong.as(ParkingKey.Kind.TICKET);
        ParkingKey contentKey = wrong.as(ParkingKey.Kind.CONTENT);
        long at = state.contentOf(ticketKey);
        if (at < 0) {
            topic.write(ticketKey, fence, null);
            topic.write(contentKey, fence, null);
            return;
        }
        contents.read(topic.partitionOf(wrong.incarnation()), at).thenAccept(content -> {
            Ticket ticket = state.ticketOf(ticketKey);
            if (content != null && ticket != null && state.contentOf(ticketKey) == at) {
                topic.write(contentKey, fence, content);
                topic.write(ticketKey, fence, TicketForm.write(ticket));
            }
        });
    }

    // what goes

    /** A group's incarnation is no more; whoever ended it removes what is written. */
    CompletionStage<Void> drop(String incarnation) {
        List<ParkingKey> keys = new ArrayList<>(state.remove(incarnation));
        keys.addAll(gaps.remove(incarnation));
        keys.addAll(progress.remove(incarnation));
        forget(incarnation);
        keys.forEach(key -> topic.write(key, null, null));
        return CompletableFuture.completedStage(null);
    }

    CompletionStage<Void> drop(Uuid topicId) {
        state.remove(topicId).forEach(key -> topic.write(key, null, null));
        return CompletableFuture.completedStage(null);
    }

    /** Another runtime ended it, and removes what is written. */
    void forget(String incarnation) {
        owned.keySet().removeIf(key -> key.incarnation().equals(incarnation));
        fencing.remove(incarnation);
    }

    void forget(Uuid topicId) {
        owned.keySet().removeIf(key -> key.topicId().equals(topicId));
    }

    /** Removes what is written of groups that have been missing in the catalog for long: whoever ended them did not get to it. */
    void removeOrphans(Set<String> incarnations) {
        long now = with.clock().nanoTime();
        for (String written : state.incarnations()) {
            if (incarnations.contains(written)) {
                orphans.remove(written);
            } else if (now - orphans.computeIfAbsent(written, unused -> now) > ORPHANED_AFTER.toNanos()) {
                orphans.remove(written);
                log.info("What a removed group had parked is removed. group={}", written);
                drop(written);
            }
        }
    }

    @Override
    public void close() {
        topic.close();
        contents.close();
    }
}
