package io.eventmesh.tests;

import io.eventmesh.spi.mesh.TaskFence;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the runtimes of a test were told of one task and what was confirmed to them, over every life of the admin. What
 * contradicts itself is kept as a sentence. Thread-safe.
 */
final class Rights {
    /** A right and who was given it. */
    private record Given(TaskFence right, String runtime) {}

    private final Map<Long, Given> byEpoch = new HashMap<>();
    private final List<TaskFence> order = new ArrayList<>();
    private final List<String> contradictions = new ArrayList<>();
    private long term;
    private long seq;
    private int confirmed;
    private int fenced;

    /** A directive came under this term. */
    synchronized void led(long of) {
        if (of < term) {
            contradictions.add("term %d came after term %d".formatted(of, term));
        }
        term = Math.max(term, of);
    }

    /** A directive gave this right to the runtime. */
    synchronized void given(TaskFence right, String runtime) {
        Given given = new Given(right, runtime);
        Given before = byEpoch.putIfAbsent(right.epoch(), given);
        if (before != null) {
            if (!before.equals(given)) {
                contradictions.add("an epoch was given twice: %s, then %s".formatted(before, given));
            }
            return;
        }
        newest().filter(last -> right.epoch() <= last.epoch() || right.term() < last.term())
                .ifPresent(last -> contradictions.add("%s was given after %s".formatted(right, last)));
        order.add(right);
    }

    /** The admin confirmed a position. */
    synchronized void confirmed(long stored) {
        confirmed++;
        seq = Math.max(seq, stored);
    }

    /** The admin told where the source stands. */
    synchronized void stands(long stored, TaskFence right) {
        if (stored < seq) {
            contradictions.add("position %d was confirmed, %s found %d".formatted(seq, right, stored));
        }
    }

    /** What an older right tried was answered with this name of an error, empty for a success. */
    synchronized void triedLate(TaskFence older, String answer) {
        if (answer.equals("FENCED")) {
            fenced++;
        } else {
            contradictions.add("a commit under the older right %s was answered '%s'".formatted(older, answer));
        }
    }

    synchronized Optional<TaskFence> newest() {
        return order.isEmpty() ? Optional.empty() : Optional.of(order.get(order.size() - 1));
    }

    /** The newest right given before this one. */
    synchronized Optional<TaskFence> before(TaskFence right) {
        int at = order.indexOf(right);
        return at <= 0 ? Optional.empty() : Optional.of(order.get(at - 1));
    }

    synchronized long epoch() {
        return newest().map(TaskFence::epoch).orElse(0L);
    }

    synchronized long term() {
        return term;
    }

    synchronized int fenced() {
        return fenced;
    }

    synchronized List<String> contradictions() {
        return List.copyOf(contradictions);
    }

    @Override
    public synchronized String toString() {
        return "rights=%d newest=%s confirmed=%d seq=%d fenced=%d"
                .formatted(order.size(), newest().orElse(null), confirmed, seq, fenced);
    }
}
