package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.connector.SourceRecord;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Outgoing;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a source task has published, in order, until everything before it is stored too. Bounded by its owner, who asks
 * {@link #count} and {@link #bytes} first. Used by the task's thread; only {@link #answered} is for any.
 */
final class SentWindow {
    /** One record on its way. */
    static final class Sent {
        private final SourceRecord record;
        private final @Nullable Event event;
        private final int size;
        private @Nullable Outgoing outgoing;
        private @Nullable Instant first;
        private int deadLetterForm;
        private int sends;
        private boolean done;
        private boolean settled;

        private Sent(SourceRecord record, @Nullable Event event, @Nullable Outgoing outgoing) {
            this.record = record;
            this.event = event;
            this.size = outgoing == null ? 0 : outgoing.event().size();
            this.outgoing = outgoing;
            this.done = outgoing == null;
        }

        Outgoing outgoing() {
            return Objects.requireNonNull(outgoing);
        }

        /** What the connector gave; only for a record that is sent as itself first. */
        Event event() {
            return Objects.requireNonNull(event);
        }

        SourceRecord record() {
            return record;
        }

        String partition() {
            return record.partition();
        }

        /** 0 the event itself, 1 as dead letter, 2 as the data of a dead letter. */
        int deadLetterForm() {
            return event == null ? 2 : deadLetterForm;
        }

        /** How often it was sent. */
        int sends() {
            return sends;
        }

        /** When it was sent first. */
        Instant first() {
            return Objects.requireNonNull(first);
        }

        /** From now on this is sent instead. */
        void replace(Outgoing other) {
            outgoing = other;
            deadLetterForm++;
        }

        /** Nothing more is sent for it. */
        void giveUp() {
            done = true;
        }

        /** Whether it comes to its end for the first time: what is sent again to keep the order comes there twice. */
        boolean settles() {
            if (settled) {
                return false;
            }
            settled = true;
            return true;
        }

        private Key key() {
            return new Key(partition(), event().partitionKey());
        }
    }

    /** What keeps its order: the events of one partition with one key, or without. */
    private record Key(String partition, @Nullable String key) {}

    private record Answer(Sent sent, @Nullable EventMeshException failure) {}

    private final Deque<Sent> order = new ArrayDeque<>();
    private final Map<String, Deque<Sent>> partitions = new HashMap<>();
    /** Partitions in which something was done since they were looked at. */
    private final Set<String> moved = new HashSet<>();
    /** At most one of each record. */
    private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

    private long bytes;
    private int pending;

    int count() {
        return order.size();
    }

    long bytes() {
        return bytes;
    }

    /** How many were sent and are not answered. */
    int pending() {
        return pending;
    }

    /**
     * Adds a record.
     *
     * @param event as the connector gave it; null when there is none, or it cannot be made
     * @param outgoing what is to be sent; null when nothing is, and the record is done at once
     */
    Sent add(SourceRecord record, @Nullable Event event, @Nullable Outgoing outgoing) {
        Sent sent = new Sent(record, event, outgoing);
        order.add(sent);
        if (!record.isPositionless()) {
            partitions
                    .computeIfAbsent(record.partition(), name -> new ArrayDeque<>())
                    .add(sent);
        }
        bytes += sent.size;
        if (sent.done) {
            moved.add(record.partition());
        }
        return sent;
    }

    void sending(Sent sent, Instant now) {
        if (sent.sends++ == 0) {
            sent.first = now;
        }
        sent.done = false;
        pending++;
    }

    /** Any thread: the mesh answered the last sending. */
    void answered(Sent sent, @Nullable EventMeshException failure) {
        answers.add(new Answer(sent, failure));
    }

    /**
     * Takes the answers that came.
     *
     * @param stored told each record that was stored
     * @param failed told each record that was not, and why
     * @return how many were stored
     */
    int takeAnswers(Consumer<Sent> stored, BiConsumer<Sent, EventMeshException> failed) {
        int count = 0;
        for (Answer answer = answers.poll(); answer != null; answer = answers.poll()) {
            Sent sent = answer.sent();
            pending--;
            if (answer.failure() == null) {
                sent.done = true;
                count++;
                stored.accept(sent);
            } else {
                failed.accept(sent, answer.failure());
            }
            if (sent.done) {
                moved.add(sent.partition());
            }
        }
        return count;
    }

    /** Lets go of what is done with everything before it, telling how far each partition has come. */
    void release(BiConsumer<String, byte[]> acked) {
        while (!order.isEmpty() && order.peek().done) {
            bytes -= order.remove().size;
        }
        for (String partition : moved) {
            Deque<Sent> records = partitions.get(partition);
            while (records != null && !records.isEmpty() && records.peek().done) {
                acked.accept(partition, records.remove().record.position());
            }
            if (records != null && records.isEmpty()) {
                partitions.remove(partition);
            }
        }
        moved.clear();
    }

    /**
     * What must be sent again, in order: what was refused, and behind it what was stored out of turn under the same key
     * of the same partition, so that the last word on a key is the source's last word. To be asked when nothing is
     * pending.
     */
    List<Sent> toResend() {
        List<Sent> again = new ArrayList<>();
        Set<Key> behind = new HashSet<>();
        for (Sent sent : order) {
            if (sent.outgoing == null) {
                continue;
            }
            boolean event = sent.deadLetterForm() == 0;
            if (!sent.done || (event && behind.contains(sent.key()))) {
                again.add(sent);
                if (event) {
                    behind.add(sent.key());
                }
            }
        }
        return again;
    }
}
