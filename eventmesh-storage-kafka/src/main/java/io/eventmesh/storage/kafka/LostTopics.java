package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams whose topic somebody removed in Kafka, behind the mesh: also when another topic has the name by now, since its
 * offsets mean other events. Such a stream refuses until it is deleted, and can be made anew then; nobody does that by
 * itself, as events are lost and somebody should know.
 *
 * <p>A broker that has just started knows less than the others: a topic is lost when it was missing several times in a row,
 * and found again when it answers once.
 *
 * <p>States of a stream: there → missing → lost; from each of the latter two back to there. {@link #look} belongs to the
 * sweep's thread, all else to any.
 */
final class LostTopics {
    /** Told on the sweep's thread. */
    interface Listener {
        void streamLost(StreamEntry stream);

        void streamFound(StreamEntry stream);
    }

    private static final Logger log = LoggerFactory.getLogger(LostTopics.class);
    private static final int LOOKS = 3;
    private static final long MAX_TIMEOUT_MILLIS = 8_000;

    private final Clients clients;
    private final Streams streams;
    private final int timeoutMillis;
    private final List<Listener> listeners = new CopyOnWriteArrayList<>();
    /** How many times in a row it was missing. The sweep's. */
    private final Map<Uuid, Integer> missing = new HashMap<>();

    LostTopics(Clients clients, KafkaStorageConfig config, Streams streams) {
        this.clients = clients;
        this.streams = streams;
        this.timeoutMillis =
                (int) Math.min(MAX_TIMEOUT_MILLIS, config.appendTimeout().toMillis());
    }

    void listen(Listener listener) {
        listeners.add(listener);
    }

    static EventMeshException lost(StreamEntry stream) {
        return new EventMeshException(
                ErrorCode.STORAGE_UNAVAILABLE,
                "stream %s: its topic %s was removed in Kafka (expected: there; a stream that is deleted can be made anew)"
                        .formatted(stream.name(), stream.topic()));
    }

    /** Names one of those that are lost. */
    Optional<String> trouble() {
        List<StreamEntry> lost = streams.tails().stream()
                .filter(StreamTail::isLost)
                .map(StreamTail::entry)
                .toList();
        return lost.isEmpty()
                ? Optional.empty()
                : Optional.of("topics of %d streams were removed in Kafka, such as that of %s"
                        .formatted(lost.size(), lost.get(0).name()));
    }

    /**
     * Asks for all topics by their ids. Blocks, some seconds at most.
     *
     * @return whether one is missing of which it is not certain yet
     */
    boolean look() {
        List<StreamTail> all = List.copyOf(streams.tails());
        missing.keySet()
                .retainAll(all.stream().map(tail -> tail.entry().topicId()).toList());
        if (all.isEmpty()) {
            return false;
        }
        Map<Uuid, KafkaFuture<TopicDescription>> answers;
        try {
            answers = clients.admin()
                    .describeTopics(
                            TopicCollection.ofTopicIds(all.stream()
                                    .map(tail -> tail.entry().topicId())
                                    .toList()),
                            new DescribeTopicsOptions().timeoutMs(timeoutMillis))
                    .topicIdValues();
        } catch (EventMeshException closed) {
            return false;
        }
        boolean doubtful = false;
        for (StreamTail tail : all) {
            KafkaFuture<TopicDescription> answer = answers.get(tail.entry().topicId());
            doubtful |= answer != null && judge(tail, answer);
        }
        return doubtful;
    }

    private boolean judge(StreamTail tail, KafkaFuture<TopicDescription> answer) {
        Uuid id = tail.entry().topicId();
        try {
            answer.get(timeoutMillis, TimeUnit.MILLISECONDS);
            missing.remove(id);
            if (tail.lost(false)) {
                log.info(
                        "Topic of a stream is there again. stream={} topic={}",
                        tail.entry().name(),
                        tail.entry().topic());
                listeners.forEach(listener -> listener.streamFound(tail.entry()));
            }
            return false;
        } catch (ExecutionException failed) {
            if (!(failed.getCause() instanceof UnknownTopicIdException) || tail.isLost()) {
                return false;
            }
            if (missing.merge(id, 1, Integer::sum) < LOOKS) {
                return true;
            }
            tail.lost(true);
            log.error(
                    "Topic of a stream was removed in Kafka, its events are lost: the stream refuses until it is deleted. "
                            + "stream={} topic={} events={}",
                    tail.entry().name(),
                    tail.entry().topic(),
                    tail.info().events());
            listeners.forEach(listener -> listener.streamLost(tail.entry()));
            return false;
        } catch (TimeoutException unanswered) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
