package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Outgoing;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What a source task has published, in order, until everything before it is stored too. Bounded by its owner, who asks
 * {@link #count} and {@link #bytes} first. Used by the task's thread; only {@link Sent#answered} is for any.
 */
final class SentWindow {
    /** One record on its way. */
    static final class Sent {
        private final String partition;
        private final byte[] position;
        private final @Nullable Event event;
        private final int size;
        private @Nullable Outgoing outgoing;
        private int deadLetterForm;
        private boolean pending;
        private boolean done;
        private volatile @Nullable Answer answer;

        private Sent(String partition, byte[] position, @Nullable Event event, @Nullable Outgoing outgoing) {
            this.partition = partition;
            this.position = position;
            this.event = event;
            this.size = event == null ? 0 : event.size();
            this.outgoing = outgoing;
            this.done = outgoing == null;
        }

        /** Any thread: the mesh answered. */
        void answered(@Nullable EventMeshException failure) {
            answer = new Answer(failure);
        }

        Outgoing outgoing() {
            return Objects.requireNonNull(outgoing);
        }

        Event event() {
            return Objects.requireNonNull(event);
        }

        String partition() {
            return partition;
        }

        /** 0 the event itself, 1 as dead letter, 2 as the data of a dead letter. */
        int deadLetterForm() {
            return deadLetterForm;
        }

        /** From now on this is sent instead. */
        void replace(Outgoing other) {
            outgoing = other;
            deadLetterForm++;
        }

        void sending() {
            pending = true;
            done = false;
            answer = null;
        }

        private record Answer(@Nullable EventMeshException failure) {}

        private boolean comesAfter(Sent other) {
            return other.deadLetterForm == 0
                    && partition.equals(other.partition)
                    && Objects.equals(event().partitionKey(), other.event().partitionKey());
        }
    }

    private final Deque<Sent> order = new ArrayDeque<>();
    private final Map<String, Deque<Sent>> partitions = new HashMap<>();
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

    /** Adds a record; without something to publish it is done at once. */
    Sent add(String partition, byte[] position, @Nullable Event event, @Nullable Outgoing outgoing) {
        Sent sent = new Sent(partition, position, event, outgoing);
        order.add(sent);
        partitions.computeIfAbsent(partition, name -> new ArrayDeque<>()).add(sent);
        bytes += sent.size;
        return sent;
    }

    void sending(Sent sent) {
        sent.sending();
        pending++;
    }

    /**
     * Takes the answers that came.
     *
     * @param failed told each record that was not stored, in order
     * @return how many were stored
     */
    int takeAnswers(BiConsumer<Sent, EventMeshException> failed) {
        int stored = 0;
        for (Sent sent : order) {
            Sent.Answer answer = sent.answer;
            if (!sent.pending || answer == null) {
                continue;
            }
            sent.pending = false;
            pending--;
            if (answer.failure() == null) {
                sent.done = true;
                stored++;
            } else {
                failed.accept(sent, answer.failure());
            }
        }
        return stored;
    }

    /** Lets go of what is done with everything before it, telling how far each partition has come. */
    void release(BiConsumer<String, byte[]> acked) {
        Set<String> touched = new HashSet<>();
        while (!order.isEmpty() && order.peek().done) {
            Sent first = order.remove();
            bytes -= first.size;
        }
        for (Map.Entry<String, Deque<Sent>> partition : partitions.entrySet()) {
            Deque<Sent> records = partition.getValue();
            while (!records.isEmpty() && records.peek().done) {
                acked.accept(partition.getKey(), records.remove().position);
            }
            if (records.isEmpty()) {
                touched.add(partition.getKey());
            }
        }
        partitions.keySet().removeAll(touched);
    }

    /** Whether something was refused and must be sent again; to be asked when nothing is pending. */
    boolean hasRefused() {
        return order.stream().anyMatch(sent -> !sent.done && !sent.pending);
    }

    /**
     * What must be sent again, in order: what was refused, and behind it what was stored out of turn under the same key
     * of the same partition, so that the last word on a key is the source's last word.
     */
    List<Sent> toResend() {
        List<Sent> again = new ArrayList<>();
        for (Sent sent : order) {
            if (sent.outgoing == null) {
                continue;
            }
            boolean event = sent.deadLetterForm == 0;
            if (!sent.done || (event && again.stream().anyMatch(sent::comesAfter))) {
                again.add(sent);
            }
        }
        return again;
    }
}
