package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that a reader has: how they come, with their stored progress, and how they go, after a last commit.
 *
 * <p>Belongs to the reader's thread; the assignments may be looked up by any.
 */
final class Holdings implements ConsumerRebalanceListener {
    static final Duration RELEASE_TIMEOUT = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(Holdings.class);
    private static final Duration ASK_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration LISTEN = Duration.ofMillis(20);
    private static final Comparator<TopicPartition> ORDER =
            Comparator.comparing(TopicPartition::topic).thenComparingInt(TopicPartition::partition);

    private final Surroundings with;
    private final SubscriptionName group;
    private final Membership membership;
    private final KafkaConsumer<byte[], byte[]> consumer;
    private final Polling polling;
    private final Telling telling;
    private final KnownProgress known;
    private final GapBook gaps;
    private final AtomicLong epochs;
    private final Map<StreamPartition, Assignment> assignments;
    private final Map<TopicPartition, Assignment> places = new ConcurrentHashMap<>();
    private final Commits commits;
    /** The consumer has them, and nobody was told yet. */
    private final Set<TopicPartition> unresolved = new HashSet<>();

    private boolean over;

    Holdings(
            Surroundings with,
            SubscriptionName group,
            Membership membership,
            KafkaConsumer<byte[], byte[]> consumer,
            Polling polling,
            Telling telling,
            Accounts accounts,
            Map<StreamPartition, Assignment> assignments) {
        this.with = with;
        this.group = group;
        this.membership = membership;
        this.consumer = consumer;
        this.polling = polling;
        this.telling = telling;
        this.known = accounts.progress();
        this.gaps = accounts.gaps();
        this.epochs = accounts.epochs();
        this.assignments = assignments;
        this.commits = new Commits(membership, known, assignments.values());
    }

    Commits commits() {
        return commits;
    }

    Collection<Assignment> all() {
        return assignments.values();
    }

    @Nullable
    Assignment at(TopicPartition place) {
        return places.get(place);
    }

    // how they come

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        if (over) {
            return;
        }
        polling.inside(() -> {
            unresolved.addAll(partitions);
            consumer.pause(partitions);
            resolve();
        });
    }

    /** Reads what the catalog says now; places of streams that were made anew count as new. */
    void follow(Collection<StreamEntry> streams) {
        membership.follow(streams, this);
        for (TopicPartition place : consumer.assignment()) {
            if (!places.containsKey(place)) {
                unresolved.add(place);
            }
        }
    }

    /** Finds the stored progress of what has come, and tells; what cannot be found now is tried again later. */
    void resolve() {
        Map<TopicPartition, StreamEntry> found = new LinkedHashMap<>();
        unresolved.stream()
                .sorted(ORDER)
                .forEach(place -> with.catalog()
                        .streamOf(place.topic())
                        .filter(stream -> !with.streams().isLost(stream.name()))
                        .ifPresent(stream -> found.put(place, stream)));
        if (found.isEmpty()) {
            return;
        }
        consumer.pause(found.keySet());
        Map<TopicPartition, Uuid> asked = new LinkedHashMap<>();
        found.forEach((place, stream) -> asked.put(place, stream.topicId()));
        try {
            Map<TopicPartition, Progress> stored = polling.calm(() -> membership.stored(asked, ASK_TIMEOUT));
            Map<TopicPartition, Long> firsts =
                    polling.calm(() -> consumer.beginningOffsets(asked.keySet(), ASK_TIMEOUT));
            found.forEach((place, stream) -> {
                long first = firsts.getOrDefault(place, 0L);
                hold(place, stream, stored.get(place), first);
                unresolved.remove(place);
            });
        } catch (RetriableException | CommitFailedException | RebalanceInProgressException later) {
            log.debug("Progress cannot be read yet. group={} error={}", group, later.toString());
        }
    }

    private void hold(TopicPartition place, StreamEntry stream, @Nullable Progress found, long first) {
        StreamPartition partition = stream.partition(place.partition());
        // Kafka forgets the offsets of a group that nobody read for long
        Progress remembered =
                found == null ? known.of(membership.incarnation(), stream.topicId(), place.partition()) : found;
        Progress stored = remembered == null ? Progress.at(first) : remembered;
        Progress start = Progresses.without(stored, stored.watermark(), first);
        Assignment assignment = new Assignment(partition, place, stream.topicId(), epochs.incrementAndGet(), start);
        Gap gap = null;
        if (stored.watermark() < first) {
            long count = Progresses.missing(stored, stored.watermark(), first);
            gap = count == 0 ? null : new Gap(partition, stored.watermark(), first, count, Gap.Why.RETENTION);
        }
        if (!start.equals(found) && remembered != null) {
            commits.store(assignment, start, ASK_TIMEOUT);
        }
        consumer.seek(place, start.watermark());
        known.learned(membership.incarnation(), stream.topicId(), place.partition(), start);
        membership.owned(stream, place.partition(), assignment.epoch(), found == null);
        assignments.put(partition, assignment);
        places.put(place, assignment);
        log.info(
                "Partition assigned. group={} partition={} epoch={} progress={}",
                group,
                partition,
                assignment.epoch(),
                start);
        telling.assigned(assignment);
        if (gap != null) {
            missed(assignment, gap);
        }
    }

    /** Whether something has come of which nobody was told yet. */
    boolean isWaiting() {
        return !unresolved.isEmpty();
    }

    void findAgain(Collection<TopicPartition> lost) {
        for (TopicPartition place : lost) {
            Assignment held = places.get(place);
            if (held == null) {
                unresolved.add(place);
            } else {
                consumer.seek(place, held.next());
            }
        }
    }

    /** Asks for the offset after the last record, for a moment; what was read so far when there is no answer. */
    long end(Assignment assignment) {
        TopicPartition place = assignment.place();
        try {
            return polling.calm(() -> consumer.endOffsets(List.of(place), ASK_TIMEOUT))
                    .getOrDefault(place, 0L);
        } catch (RetriableException unanswered) {
            return assignment.next();
        }
    }

    // what is missed

    /** Records that the group has not read are gone: the progress after them is stored before they are told of. */
    void skipWhatIsGone() {
        for (Assignment each : assignments.values()) {
            long first = with.streams().first(each.partition());
            if (each.next() < first && !each.holdsRecords() && !each.isReleasing()) {
                overtaken(each, first);
            }
        }
    }

    private void overtaken(Assignment assignment, long first) {
        long from = assignment.next();
        long count = Progresses.missing(assignment.start(), from, first);
        Progress stored = assignment.stored();
        Progress after = Progresses.without(stored, from, first);
        try {
            if (!after.equals(stored)) {
                commits.store(assignment, after, ASK_TIMEOUT);
            }
        } catch (RetriableException | CommitFailedException | RebalanceInProgressException later) {
            log.debug("Progress after a gap cannot be stored yet. group={} error={}", group, later.toString());
            return;
        }
        assignment.next(first);
        consumer.seek(assignment.place(), first);
        if (count > 0) {
            missed(assignment, new Gap(assignment.partition(), from, first, count, Gap.Why.RETENTION));
        }
    }

    void missed(Assignment assignment, Gap gap) {
        gaps.add(membership.incarnation(), assignment.topicId(), gap);
        telling.gap(gap);
    }

    // how they go

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
        unresolved.removeAll(partitions);
        List<Assignment> leaving = held(partitions);
        if (!over && !leaving.isEmpty()) {
            polling.inside(() -> giveUp(leaving, RELEASE_TIMEOUT));
        }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
        unresolved.removeAll(partitions);
        if (!over) {
            polling.inside(() ->
                    held(partitions).forEach(lost -> lose(lost, Commits.fenced(lost.partition(), lost.epoch()))));
        }
    }

    private List<Assignment> held(Collection<TopicPartition> partitions) {
        List<Assignment> held = new ArrayList<>();
        for (TopicPartition place : partitions) {
            Assignment assignment = places.get(place);
            if (assignment != null) {
                held.add(assignment);
            }
        }
        return held;
    }

    /** In good order: nothing more is handed over, the last commits are taken, then they are revoked. */
    void giveUp(Collection<Assignment> leaving, Duration atMost) {
        long deadline = with.clock().nanoTime() + atMost.toNanos();
        List<CompletableFuture<Void>> released = new ArrayList<>();
        for (Assignment each : leaving) {
            each.release();
            released.add(telling.releasing(each));
        }
        CompletableFuture<Void> all = CompletableFuture.allOf(released.toArray(CompletableFuture[]::new));
        Thread reader = Thread.currentThread();
        all.whenComplete((done, failure) -> LockSupport.unpark(reader));
        long left = atMost.toNanos();
        while (!all.isDone() && left > 0 && !telling.isClosed()) {
            commits.flush(Duration.ofNanos(left));
            if (!all.isDone()) {
                LockSupport.parkNanos(this, LISTEN.toNanos());
            }
            left = deadline - with.clock().nanoTime();
        }
        commits.flush(ASK_TIMEOUT);
        List.copyOf(leaving).forEach(each -> lose(each, Commits.fenced(each.partition(), each.epoch())));
    }

    /** At once: what waits is refused. */
    void lose(Assignment lost, EventMeshException cause) {
        assignments.remove(lost.partition(), lost);
        places.remove(lost.place(), lost);
        lost.end(cause);
        log.info("Partition revoked. group={} partition={} epoch={}", group, lost.partition(), lost.epoch());
        telling.revoked(lost);
    }

    /** The stream is gone, and all that was stored for it. */
    void drop(StreamEntry stream) {
        List.copyOf(assignments.values()).stream()
                .filter(each -> each.topicId().equals(stream.topicId()))
                .forEach(each -> lose(each, Commits.fenced(each.partition(), each.epoch())));
    }

    /** What the consumer tells from now on is of no interest. */
    void end() {
        over = true;
    }
}
