package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The groups that all runtimes share: an entry in the catalog, and offsets in a consumer group of Kafka's, which are there
 * before the entry is.
 *
 * <p>Thread-safe; methods return without waiting.
 */
final class StoredGroups {
    private static final Logger log = LoggerFactory.getLogger(StoredGroups.class);
    private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    private final Surroundings with;
    private final Starts starts;
    private final KnownProgress known;
    /** Consumer groups that nobody needs and that still had members when they were to be removed. */
    private final Set<String> leftovers = ConcurrentHashMap.newKeySet();

    private final AtomicBoolean asking = new AtomicBoolean();

    StoredGroups(Surroundings with, KnownProgress known) {
        this.with = with;
        this.starts = new Starts(with);
        this.known = known;
    }

    CompletionStage<Void> create(SubscriptionName name, Set<StreamName> streams, DeliveryTerms terms, Start start) {
        return deciding(() -> {
            GroupEntry stands = with.catalog().group(name).orElse(null);
            if (stands == null) {
                starts.require(name, streams, start);
                GroupEntry made = new GroupEntry(name, streams, terms, false, incarnation(name));
                return begin(made, start).thenCompose(begun -> change(name, null, made));
            }
            stands.terms().requireSame(name, terms);
            Set<StreamName> all = new HashSet<>(stands.streams());
            all.addAll(streams);
            return change(name, stands, with(stands, all));
        });
    }

    /** Changes the entry as it stands. Fails with NOT_FOUND. */
    CompletionStage<Void> change(SubscriptionName name, UnaryOperator<GroupEntry> change) {
        return deciding(() -> {
            GroupEntry stands = require(name);
            return change(name, stands, change.apply(stands));
        });
    }

    /** Moves a group that nobody reads; completes with the entry that it had before. */
    CompletionStage<GroupEntry> move(SubscriptionName name, Start start) {
        CompletableFuture<GroupEntry> old = new CompletableFuture<>();
        return deciding(() -> {
                    GroupEntry stands = require(name);
                    starts.require(name, stands.streams(), start);
                    GroupEntry moved =
                            new GroupEntry(name, stands.streams(), stands.terms(), stands.paused(), incarnation(name));
                    return requireUnread(stands)
                            .thenCompose(unread -> begin(moved, start))
                            .thenCompose(begun -> change(name, stands, moved))
                            .thenApply(changed -> {
                                if (changed) {
                                    old.complete(stands);
                                    removeOffsets(stands);
                                }
                                return changed;
                            });
                })
                .thenCompose(done -> old);
    }

    /** Completes with the entry that went, null when there was none. */
    CompletionStage<@Nullable GroupEntry> delete(SubscriptionName name) {
        GroupEntry[] gone = new GroupEntry[1];
        return deciding(() -> {
                    GroupEntry stands = with.catalog().group(name).orElse(null);
                    gone[0] = stands;
                    return stands == null ? CompletableFuture.completedStage(true) : change(name, stands, null);
                })
                .thenApply(done -> {
                    if (gone[0] != null) {
                        removeOffsets(gone[0]);
                    }
                    return gone[0];
                });
    }

    GroupEntry require(SubscriptionName name) {
        return with.catalog().group(name).orElseThrow(() -> missing(name));
    }

    static EventMeshException missing(SubscriptionName name) {
        return new EventMeshException(ErrorCode.NOT_FOUND, "group: %s (expected: one that exists)".formatted(name));
    }

    /** The streams that a group reads and that are there, with their topics. */
    List<StreamEntry> streamsOf(Collection<StreamName> names) {
        List<StreamEntry> streams = new ArrayList<>();
        names.forEach(name -> with.catalog().stream(name)
                .filter(stream -> !with.streams().isLost(name))
                .ifPresent(streams::add));
        return streams;
    }

    // what the broker knows

    /** Asks how far all groups are, unless that is being asked already. */
    CompletionStage<Void> ask() {
        if (!asking.compareAndSet(false, true)) {
            return DONE;
        }
        try {
            return askFor(with.catalog().groups()).whenComplete((done, failure) -> {
                asking.set(false);
                if (failure != null) {
                    log.debug("Progress of groups is not known now. error={}", failure.toString());
                }
            });
        } catch (RuntimeException closed) {
            asking.set(false);
            return CompletableFuture.failedStage(Clients.failure(closed));
        }
    }

    private CompletionStage<Void> askFor(Collection<GroupEntry> groups) {
        leftovers.forEach(this::removeOffsets);
        Map<String, ListConsumerGroupOffsetsSpec> asked = new HashMap<>();
        groups.forEach(group -> asked.put(id(group), new ListConsumerGroupOffsetsSpec()));
        if (asked.isEmpty()) {
            return DONE;
        }
        return with.clients()
                .admin()
                .listConsumerGroupOffsets(asked)
                .all()
                .toCompletionStage()
                .thenAccept(answers ->
                        groups.forEach(group -> learn(group, answers.getOrDefault(id(group), Map.of()))));
    }

    private void learn(GroupEntry group, Map<TopicPartition, OffsetAndMetadata> offsets) {
        offsets.forEach((place, offset) -> with.catalog()
                .streamOf(place.topic())
                .ifPresent(stream -> {
                    if (place.partition() < stream.partitions()) {
                        ProgressForm.read(offset, stream.topicId())
                                .ifPresent(progress -> known.learned(
                                        group.incarnation(), stream.topicId(), place.partition(), progress));
                    }
                }));
    }

    private CompletionStage<Void> begin(GroupEntry group, Start start) {
        List<StreamEntry> streams = streamsOf(group.streams());
        return starts.resolve(streams, start).thenCompose(found -> {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (StreamEntry stream : streams) {
                for (TopicPartition place : stream.topicPartitions()) {
                    Progress progress = Progress.at(found.getOrDefault(place, 0L));
                    offsets.put(place, ProgressForm.write(progress, stream.topicId()));
                    known.learned(group.incarnation(), stream.topicId(), place.partition(), progress);
                }
            }
            return offsets.isEmpty()
                    ? DONE
                    : with.clients()
                            .admin()
                            .alterConsumerGroupOffsets(id(group), offsets)
                            .all()
                            .toCompletionStage();
        });
    }

    private CompletionStage<Void> requireUnread(GroupEntry group) {
        return with.clients()
                .admin()
                .describeConsumerGroups(List.of(id(group)))
                .all()
                .toCompletionStage()
                .handle((found, failure) -> {
                    if (failure != null) {
                        if (Clients.unwrapped(failure) instanceof GroupIdNotFoundException) {
                            return null;
                        }
                        throw Clients.failure(failure);
                    }
                    ConsumerGroupDescription description = found.get(id(group));
                    if (description != null && !description.members().isEmpty()) {
                        throw read(group.name(), description.members().size());
                    }
                    return null;
                });
    }

    static EventMeshException read(SubscriptionName group, int readers) {
        return new EventMeshException(
                ErrorCode.FENCED,
                "group %s: %d open readers (expected: none, on any runtime)".formatted(group, readers));
    }

    private void removeOffsets(GroupEntry group) {
        known.forget(group.incarnation());
        removeOffsets(id(group));
    }

    private void removeOffsets(String id) {
        try {
            with.clients()
                    .admin()
                    .deleteConsumerGroups(List.of(id))
                    .all()
                    .toCompletionStage()
                    .whenComplete((done, failure) -> {
                        if (failure == null || Clients.unwrapped(failure) instanceof GroupIdNotFoundException) {
                            leftovers.remove(id);
                        } else {
                            leftovers.add(id);
                        }
                    });
        } catch (RuntimeException closed) {
            log.debug("Offsets of a removed group stay until Kafka forgets them. group={}", id);
        }
    }

    private String id(GroupEntry group) {
        return with.names().consumerGroup(group.incarnation());
    }

    /** Readable, and never the same again. */
    private static String incarnation(SubscriptionName name) {
        CRC32 pattern = new CRC32();
        pattern.update(name.pattern().toString().getBytes(UTF_8));
        return "%s.%s.%s.%s"
                .formatted(
                        name.namespace(),
                        name.group(),
                        HexFormat.of().toHexDigits((int) pattern.getValue()),
                        Uuid.randomUuid());
    }

    private static GroupEntry with(GroupEntry group, Set<StreamName> streams) {
        return new GroupEntry(group.name(), streams, group.terms(), group.paused(), group.incarnation());
    }

    // deciding

    private CompletionStage<Boolean> change(
            SubscriptionName name, @Nullable GroupEntry stands, @Nullable GroupEntry next) {
        return next != null && next.equals(stands)
                ? CompletableFuture.completedStage(true)
                : with.catalog().changeGroup(name, stands, next);
    }

    /** Decides anew as long as others were faster. */
    private static CompletionStage<Void> deciding(Supplier<CompletionStage<Boolean>> attempt) {
        CompletionStage<Boolean> decided;
        try {
            decided = attempt.get();
        } catch (RuntimeException refused) {
            return CompletableFuture.failedStage(Clients.failure(refused));
        }
        return decided.handle((done, failure) -> {
                    if (failure != null) {
                        return CompletableFuture.<Void>failedStage(Clients.failure(failure));
                    }
                    return done ? DONE : deciding(attempt);
                })
                .thenCompose(Function.identity());
    }
}
