package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.rules.TargetName;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Storage;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The way of dead letters back to where they failed: what a group could not take goes to that group alone, by a stream
 * {@code _rd/…} that only the group reads; what a rule's target could not take goes to that target's lane; what a rule
 * could not be applied to goes to those who judge by rules; what was never published goes to its topic and so to all who
 * subscribe to it. For one topic of dead letters; letters are published by one thread at a time, and stored in the order of
 * the calls.
 */
final class Redrive {
    private static final String HEAD = "_rd/";
    private static final String RULES = "_rules/";
    /** What a connector makes of an event that breaks the mesh's rules. */
    private static final String ENVELOPE_TYPE = "io.eventmesh.deadletter";

    private static final Set<String> REASONS = Set.of(
            "dlreason",
            "dlstage",
            "dlcode",
            "dlmsg",
            "dlattempts",
            "dlexhausted",
            "dlfirsttime",
            "dllasttime",
            "dltopic",
            "dlposition",
            "dlowner",
            "dlepoch",
            "dlredrive");

    /** Where a letter goes: a stream and the record there, for groups that read the stream; or why it goes nowhere. */
    record Way(
            @Nullable StreamName stream, @Nullable EventRecord record, List<SubscriptionName> groups, String refusal) {
        static Way none(String refusal) {
            return new Way(null, null, List.of(), refusal);
        }

        /** To whoever reads the stream. */
        static Way to(StreamName stream, EventRecord record) {
            return new Way(stream, record, List.of(), "");
        }
    }

    private final StreamName letters;
    private final StreamMap map;
    private final Streams streams;
    private final Subscriptions subscriptions;
    private final MeshClock clock;
    private final @Nullable TopicName to;
    private final String mark;
    private final List<GroupInfo> groups;
    /** In which function runtimes are. */
    private final List<SubscriptionName> judges;

    /**
     * For each set of groups that were made to read their own stream: completes when the last letter for it was handed to the stream.
     * Each waits for the one before it, since what waits for one and the same stage is told in no order.
     */
    private final Map<List<SubscriptionName>, CompletionStage<Boolean>> last = new HashMap<>();

    /**
     * @param letters the stream of dead letters
     * @param to the topic that all go to; empty for their own ways
     * @throws EventMeshException REQUEST_INVALID when {@code to} is no topic that is published to
     */
    Redrive(
            StreamName letters,
            String to,
            String mark,
            Storage storage,
            StreamMap map,
            Streams streams,
            Subscriptions subscriptions,
            MeshClock clock) {
        this.letters = letters;
        this.map = map;
        this.streams = streams;
        this.subscriptions = subscriptions;
        this.clock = clock;
        this.to = to.isEmpty() ? null : TopicName.of(to);
        if (this.to != null && this.to.isReserved()) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "to: '%s' (expected: a topic that does not begin with _)".formatted(to));
        }
        this.mark = mark;
        this.groups = storage.groups().stream()
                .filter(group -> group.name().namespace().equals(letters.namespace())
                        && DeadLetter.topic(group.name()).value().equals(letters.name()))
                .toList();
        this.judges = storage.groups().stream()
                .map(GroupInfo::name)
                .filter(name -> name.namespace().equals(letters.namespace())
                        && name.group().startsWith(RULES))
                .toList();
    }

    static boolean isRedriven(StreamName stream) {
        return stream.name().startsWith(HEAD);
    }

    /** Where the letter goes. */
    Way of(EventRecord letter) {
        Event event = letter.event();
        if (to != null) {
            return Way.to(map.streamOf(letters.namespace(), to), record(letter, to, null));
        }
        if (event.type().equals(ENVELOPE_TYPE)) {
            return Way.none("it holds only the bytes of an event that no topic takes; name a topic to send it to");
        }
        String from = event.attribute("dltopic");
        if (from == null) {
            return Way.none("it does not say which topic it comes from; name a topic to send it to");
        }
        TopicName topic;
        try {
            topic = TopicName.of(from);
        } catch (EventMeshException noTopic) {
            return Way.none("it comes from '" + from + "', which is no topic; name a topic to send it to");
        }
        String stage = event.attribute("dlstage");
        if (from.startsWith("_t/")) {
            return letter.target() == null
                    ? Way.none("it does not say which target it was for; name a topic to send it to")
                    : Way.to(
                            map.streamOf(letters.namespace(), topic),
                            record(
                                    letter,
                                    topic,
                                    TargetName.parse(letter.target()).toString()));
        }
        boolean ofRule = letters.name().startsWith("_dl/" + letters.namespace() + "/rule/");
        if (ofRule && letter.target() != null) {
            return toRules(letter, topic);
        }
        if ("publish".equals(stage) || ofRule) {
            return topic.isReserved()
                    ? Way.none("it comes from the mesh's own topic '" + from + "'; name a topic to send it to")
                    : Way.to(map.streamOf(letters.namespace(), topic), record(letter, topic, null));
        }
        if ("filter".equals(stage) || "transform".equals(stage)) {
            return Way.none("its connector could neither judge nor change it; name a topic to send it to");
        }
        return toGroup(letter, topic);
    }

    /** To all that may judge by the rule: who does not have it has nothing to do. */
    private Way toRules(EventRecord letter, TopicName topic) {
        List<SubscriptionName> takers =
                judges.stream().filter(name -> name.pattern().matches(topic)).toList();
        return takers.isEmpty()
                ? Way.none("no rule judges events of '" + topic + "' any more; name a topic to send it to")
                : new Way(redriven(), record(letter, topic, letter.target()), takers, "");
    }

    /** What is read only by those whom letters of this topic are for. */
    private StreamName redriven() {
        return new StreamName(letters.namespace(), HEAD + letters.name().substring("_dl/".length()));
    }

    private Way toGroup(EventRecord letter, TopicName topic) {
        List<SubscriptionName> takers = groups.stream()
                .map(GroupInfo::name)
                .filter(name -> name.pattern().matches(topic))
                .toList();
        if (takers.isEmpty()) {
            return Way.none("its subscription is no more; name a topic to send it to");
        }
        if (takers.size() > 1) {
            return Way.none("it may be of any of the subscriptions %s; name a topic to send it to".formatted(takers));
        }
        return new Way(redriven(), record(letter, topic, letter.target()), takers, "");
    }

    private EventRecord record(EventRecord letter, TopicName topic, @Nullable String target) {
        return new EventRecord(
                topic,
                letter.key(),
                clock.millis(),
                letter.hops(),
                target,
                letter.principal(),
                letter.traceparent(),
                0,
                letter.event().without(REASONS).with(Map.of("dlredrive", mark)));
    }

    /** Publishes it there; completes empty when it is stored, or with why it never will be. */
    CompletionStage<Optional<String>> publish(Way way) {
        StreamName stream = way.stream();
        EventRecord record = way.record();
        if (stream == null || record == null) {
            return CompletableFuture.completedStage(Optional.of(way.refusal()));
        }
        List<SubscriptionName> takers = way.groups();
        CompletionStage<Optional<Position>> stored =
                takers.isEmpty() ? append(stream, record).thenApply(Optional::of) : append(takers, stream, record);
        return stored.handle((position, thrown) -> {
            if (thrown == null) {
                return position.isPresent()
                        ? Optional.<String>empty()
                        : Optional.of("its subscription is no more; name a topic to send it to");
            }
            EventMeshException failure = EventMeshException.of(thrown);
            if (failure.code() == ErrorCode.TOPIC_NOT_FOUND) {
                streams.forget(stream);
            }
            if (failure.code().retryable() || failure.code() == ErrorCode.INTERNAL) {
                throw failure;
            }
            return Optional.of(failure.code() + ": " + failure.reason());
        });
    }

    private CompletionStage<Position> append(StreamName stream, EventRecord record) {
        return streams.append(stream, List.of(record), 0).get(0);
    }

    /** Completes with whether one of them is there still, as soon as all that are there read the stream. */
    private CompletionStage<Boolean> read(List<SubscriptionName> takers, StreamName stream) {
        CompletionStage<Boolean> any = CompletableFuture.completedStage(false);
        for (SubscriptionName taker : takers) {
            any = any.thenCombine(subscriptions.read(taker, stream), Boolean::logicalOr);
        }
        return any;
    }

    /** Completes empty when the groups are no more. */
    private CompletionStage<Optional<Position>> append(
            List<SubscriptionName> takers, StreamName stream, EventRecord record) {
        CompletableFuture<Optional<Position>> stored = new CompletableFuture<>();
        CompletionStage<Boolean> before = last.get(takers);
        CompletionStage<Boolean> turn = before == null ? read(takers, stream) : before;
        last.put(takers, turn.whenComplete((there, failure) -> {
            if (failure != null) {
                stored.completeExceptionally(failure);
            } else if (there) {
                append(stream, record).whenComplete((position, refused) -> {
                    if (refused == null) {
                        stored.complete(Optional.of(position));
                    } else {
                        stored.completeExceptionally(refused);
                    }
                });
            } else {
                stored.complete(Optional.empty());
            }
        }));
        return stored;
    }
}
