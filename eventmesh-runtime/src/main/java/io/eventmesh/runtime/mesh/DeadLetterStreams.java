package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of dead letters. A stream that no group reads keeps only the newest; so each of these has a group that
 * stands for the people who will look: what they have not redriven or discarded is not done, and is kept as what any other
 * group has not done. Thread-safe.
 */
final class DeadLetterStreams {
    private static final Logger log = LoggerFactory.getLogger(DeadLetterStreams.class);
    private static final String HEAD = "_dl/";
    private static final String STANDING = "_dlq";

    private final Storage storage;

    DeadLetterStreams(Storage storage) {
        this.storage = storage;
    }

    static boolean isOne(StreamName stream) {
        return stream.name().startsWith(HEAD);
    }

    /** The group that holds back the stream's dead letters. */
    static SubscriptionName standing(StreamName stream) {
        return new SubscriptionName(stream.namespace(), STANDING, TopicPattern.exactly(TopicName.of(stream.name())));
    }

    static boolean isStanding(SubscriptionName group) {
        return group.group().equals(STANDING);
    }

    /** Sees to it that the dead letters that an earlier release stored are held back, too. */
    void load() {
        for (StreamInfo stream : storage.streams()) {
            keep(stream.name()).whenComplete((kept, failure) -> {
                if (failure != null) {
                    log.warn(
                            "Dead letters are not held back yet, the oldest may go when room is needed. stream={} error={}",
                            stream.name(),
                            EventMeshException.of(failure).reason());
                }
            });
        }
    }

    /** Completes when the stream's group is there, if it is a stream of dead letters. */
    CompletionStage<Void> keep(StreamName stream) {
        if (!isOne(stream)) {
            return CompletableFuture.completedStage(null);
        }
        return storage.createGroup(standing(stream), Set.of(stream), DeliveryTerms.DEFAULT, Start.earliest())
                .handle((made, thrown) -> {
                    EventMeshException failure = thrown == null ? null : EventMeshException.of(thrown);
                    // a release with other default terms made it
                    if (failure != null && failure.code() != ErrorCode.ALREADY_EXISTS) {
                        throw failure;
                    }
                    return null;
                });
    }

    /** The stream is no more. */
    CompletionStage<Void> forget(StreamName stream) {
        return isOne(stream) ? storage.deleteGroup(standing(stream)) : CompletableFuture.completedStage(null);
    }

    /** In the order of their names. */
    List<StreamInfo> all(String namespace) {
        return storage.streams().stream()
                .filter(stream -> isOne(stream.name()))
                .filter(stream ->
                        namespace.isEmpty() || stream.name().namespace().equals(namespace))
                .sorted(Comparator.comparing(stream -> stream.name().toString()))
                .toList();
    }

    /** @throws EventMeshException TOPIC_NOT_FOUND, or REQUEST_INVALID when it is none of these */
    StreamInfo require(StreamName stream) {
        if (!isOne(stream)) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "topic: '%s' (expected: one of dead letters, which begins with %s)".formatted(stream.name(), HEAD));
        }
        return storage.stream(stream)
                .orElseThrow(() -> new EventMeshException(
                        ErrorCode.TOPIC_NOT_FOUND,
                        "topic: '%s' (expected: one that has dead letters)".formatted(stream.name())));
    }
}
