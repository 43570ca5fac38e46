package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Storage;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The way of dead letters back to where they failed: what a group could not take goes to that group alone, by a stream
 * {@code _rd/…} that only the group reads; what a rule's target could not take goes to that target's lane; what was never
 * published, or no rule could be applied to, goes to its topic and so to all who subscribe to it. Thread-safe, for one
 * topic of dead letters.
 */
final class Redrive {
    private static final String HEAD = "_rd/";
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

    /** Where a letter goes: a stream and the record there, for a group that reads the stream; or why it goes nowhere. */
    record Way(
            @Nullable StreamName stream,
            @Nullable EventRecord record,
            @Nullable SubscriptionName group,
            String refusal) {
        static Way none(String refusal) {
            return new Way(null, null, null, refusal);
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
    /** The groups that were made to read their own streams of this. */
    private final Map<SubscriptionName, CompletionStage<Boolean>> readers = new ConcurrentHashMap<>();

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
    }

    static boolean isRedriven(StreamName stream) {
        return stream.name().startsWith(HEAD);
    }

    /** Where the letter goes. */
    Way of(EventRecord letter) {
        Event event = letter.event();
        if (to != null) {
            return new Way(map.streamOf(letters.namespace(), to), record(letter, to, null), null, "");
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
                    : new Way(
                            map.streamOf(letters.namespace(), topic), record(letter, topic, letter.target()), null, "");
        }
        boolean ofRule = letters.name().startsWith("_dl/" + letters.namespace() + "/rule/");
        if ("publish".equals(stage) || ofRule) {
            return topic.isReserved()
                    ? Way.none("it comes from the mesh's own topic '" + from + "'; name a topic to send it to")
                    : new Way(map.streamOf(letters.namespace(), topic), record(letter, topic, null), null, "");
        }
        return toGroup(letter, topic);
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
        StreamName own =
                new StreamName(letters.namespace(), HEAD + letters.name().substring("_dl/".length()));
        return new Way(own, record(letter, topic, letter.target()), takers.get(0), "");
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
        SubscriptionName group = way.group();
        CompletionStage<Boolean> ready = group == null
                ? CompletableFuture.completedStage(true)
                : readers.computeIfAbsent(group, name -> subscriptions.read(name, stream));
        return ready.thenCompose(there -> there
                        ? streams.append(stream, List.of(record), 0).get(0).thenApply(Optional::<Position>of)
                        : CompletableFuture.completedStage(Optional.<Position>empty()))
                .handle((position, thrown) -> {
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
}
