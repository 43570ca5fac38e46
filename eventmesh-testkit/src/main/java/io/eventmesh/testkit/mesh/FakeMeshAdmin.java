package io.eventmesh.testkit.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.mesh.DeadLetterDesk;
import io.eventmesh.spi.mesh.GroupPlace;
import io.eventmesh.spi.mesh.MeshAdmin;
import io.eventmesh.spi.mesh.StreamDetail;
import io.eventmesh.spi.mesh.StreamStatus;
import io.eventmesh.spi.mesh.SubscriptionDetail;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Streams, subscriptions and dead letters that exist in words only, and what was done to them. Every record of
 * {@link #put(StreamName, List)} lies in partition 0. Thread-safe.
 */
public final class FakeMeshAdmin implements MeshAdmin, DeadLetterDesk {
    private final Map<String, StreamDetail> streams = new ConcurrentSkipListMap<>();
    private final Map<String, List<StoredRecord>> records = new ConcurrentSkipListMap<>();
    private final Map<String, SubscriptionDetail> subscriptions = new ConcurrentSkipListMap<>();
    private final ConcurrentSkipListMap<String, TargetStatus> targets = new ConcurrentSkipListMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile List<Skipped> skipped = List.of();

    /** What was asked that changes something, in words. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    public void put(SubscriptionDetail subscription) {
        subscriptions.put(subscription.status().name().toString(), subscription);
    }

    /** Makes a stream that holds the records. */
    public void put(StreamName stream, List<StoredRecord> held) {
        streams.put(
                stream.toString(),
                new StreamDetail(
                        new StreamStatus(stream, 1, held.size(), 100L * held.size(), Durability.MEMORY),
                        List.of(new StreamDetail.Bounds(0, 0, held.size())),
                        List.of()));
        records.put(stream.toString(), List.copyOf(held));
    }

    public void put(TargetStatus target) {
        targets.put(target.key(), target);
    }

    @Override
    public CompletionStage<List<TargetStatus>> targets(String namespace, String rule, String after, int limit) {
        return answer(() -> targets.tailMap(after, false).values().stream()
                .filter(target -> namespace.isEmpty() || target.namespace().equals(namespace))
                .filter(target -> rule.isEmpty() || target.rule().equals(rule))
                .limit(limit == 0 ? 500 : limit)
                .toList());
    }

    /** What the next steps over dead letters leave out. */
    public void skip(List<Skipped> letters) {
        skipped = List.copyOf(letters);
    }

    @Override
    public CompletionStage<Boolean> createStream(StreamName stream, int partitions) {
        return answer(() -> {
            asked.add("create " + stream + " " + partitions);
            StreamDetail there = streams.get(stream.toString());
            int wanted = partitions == 0 ? 4 : partitions;
            if (there != null && there.status().partitions() != wanted) {
                throw new EventMeshException(
                        ErrorCode.ALREADY_EXISTS,
                        "stream: %d partitions (expected: %d)"
                                .formatted(wanted, there.status().partitions()));
            }
            if (there == null) {
                streams.put(
                        stream.toString(),
                        new StreamDetail(
                                new StreamStatus(stream, wanted, 0, 0, Durability.MEMORY),
                                List.of(new StreamDetail.Bounds(0, 0, 0)),
                                List.of()));
            }
            return there == null;
        });
    }

    @Override
    public CompletionStage<StreamDetail> stream(StreamName stream) {
        return answer(() -> require(stream));
    }

    @Override
    public CompletionStage<Boolean> deleteStream(StreamName stream) {
        return answer(() -> {
            asked.add("delete " + stream);
            return streams.remove(stream.toString()) != null;
        });
    }

    @Override
    public CompletionStage<Long> purgeStream(StreamName stream) {
        return answer(() -> {
            asked.add("purge " + stream);
            long events = require(stream).status().events();
            put(stream, List.of());
            return events;
        });
    }

    @Override
    public CompletionStage<Peek> peek(StreamPartition partition, long from, int maxEvents, long maxBytes) {
        return answer(() -> {
            require(partition.stream());
            List<StoredRecord> held = records.getOrDefault(partition.stream().toString(), List.of());
            List<StoredRecord> found = held.stream()
                    .filter(record -> record.position().offset() >= from)
                    .limit(maxEvents)
                    .toList();
            return new Peek(found, 0, Math.min(held.size(), from + found.size()), held.size());
        });
    }

    private StreamDetail require(StreamName stream) {
        StreamDetail there = streams.get(stream.toString());
        if (there == null) {
            throw new EventMeshException(
                    ErrorCode.TOPIC_NOT_FOUND, "stream: '%s' (expected: one that exists)".formatted(stream));
        }
        return there;
    }

    @Override
    public CompletionStage<SubscriptionDetail> subscription(SubscriptionName name) {
        return answer(() -> require(name));
    }

    private SubscriptionDetail require(SubscriptionName name) {
        SubscriptionDetail there = subscriptions.get(name.toString());
        if (there == null) {
            throw new EventMeshException(
                    ErrorCode.NOT_FOUND, "subscription: %s (expected: one that exists)".formatted(name));
        }
        return there;
    }

    @Override
    public CompletionStage<SubscriptionDetail> pause(SubscriptionName name, boolean paused) {
        return answer(() -> {
            SubscriptionDetail there = require(name);
            asked.add((paused ? "pause " : "resume ") + name);
            SubscriptionStatus was = there.status();
            SubscriptionStatus status = new SubscriptionStatus(
                    name,
                    paused ? SubscriptionStatus.State.PAUSED : SubscriptionStatus.State.IDLE,
                    was.terms(),
                    was.members(),
                    was.lagEvents(),
                    was.inFlight(),
                    was.parked(),
                    was.gaps(),
                    was.problem());
            put(new SubscriptionDetail(status, paused, there.oldestAppendMillis(), there.lagMillis(), there.places()));
            return require(name);
        });
    }

    @Override
    public CompletionStage<Seek> seek(SubscriptionName name, Start start, boolean dryRun) {
        return answer(() -> {
            SubscriptionDetail there = require(name);
            asked.add((dryRun ? "try seek " : "seek ") + name + " " + start);
            List<GroupPlace> after = there.places().stream()
                    .map(place -> new GroupPlace(
                            place.partition(), start instanceof Start.Earliest ? 0 : place.end(), 0, place.end()))
                    .toList();
            return new Seek(there.places(), after);
        });
    }

    @Override
    public CompletionStage<Boolean> deleteSubscription(SubscriptionName name) {
        return answer(() -> {
            asked.add("delete " + name);
            return subscriptions.remove(name.toString()) != null;
        });
    }

    @Override
    public DeadLetterDesk deadLetters() {
        return this;
    }

    @Override
    public CompletionStage<List<Topic>> topics(String namespace, String after, int limit) {
        return answer(() -> streams.values().stream()
                .map(StreamDetail::status)
                .filter(stream -> stream.name().name().startsWith("_dl/")
                        && (namespace.isEmpty() || stream.name().namespace().equals(namespace))
                        && stream.name().toString().compareTo(after) > 0)
                .limit(limit)
                .map(stream -> new Topic(
                        stream.name(),
                        stream.events(),
                        stream.bytes(),
                        1_000,
                        2_000,
                        Map.of("RULE_INVALID", stream.events()),
                        stream.events()))
                .toList());
    }

    /** By code, stage and places; a cursor is the number of letters before. */
    @Override
    public CompletionStage<Page> read(StreamName topic, Choice choice, String cursor, int limit) {
        return answer(() -> {
            require(topic);
            List<StoredRecord> all = records.getOrDefault(topic.toString(), List.of()).stream()
                    .filter(letter -> isChosen(choice, letter))
                    .toList();
            int from = cursor.isEmpty() ? 0 : Integer.parseInt(cursor);
            int to = Math.min(all.size(), from + limit);
            return new Page(all.subList(from, to), to < all.size() ? Integer.toString(to) : "", to - from);
        });
    }

    private static boolean isChosen(Choice choice, StoredRecord letter) {
        Place place = new Place(
                letter.position().partition().index(), letter.position().offset());
        return (choice.code().isEmpty()
                        || choice.code().equals(letter.record().event().attribute("dlcode")))
                && (choice.stage().isEmpty()
                        || choice.stage().equals(letter.record().event().attribute("dlstage")))
                && (choice.places().isEmpty() || choice.places().contains(place));
    }

    @Override
    public CompletionStage<Step> settle(StreamName topic, Order order, String cursor, int max, boolean dryRun) {
        return read(topic, order.choice(), cursor, max).thenApply(page -> {
            if (!dryRun) {
                asked.add("%s %s %s%s"
                        .formatted(
                                order.action(),
                                topic,
                                page.letters().stream()
                                        .map(letter -> letter.record().event().id())
                                        .toList(),
                                order.to().isEmpty() ? "" : " to " + order.to()));
            }
            long done = (long) page.letters().size() - skipped.size();
            return new Step(page.next(), page.scanned(), done, new ArrayList<>(skipped), "");
        });
    }

    private static <T> CompletionStage<T> answer(Supplier<T> step) {
        try {
            return CompletableFuture.completedStage(step.get());
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }
}
