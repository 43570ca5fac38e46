package io.eventmesh.runtime.admin;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** The reports of a stream that no answer came to yet, and who waits for one. Not thread-safe. */
final class Unanswered {
    private static final int MOST = 64;

    private final Map<Long, Long> sentNanos = new LinkedHashMap<>();
    private final List<Confirmation> confirmations = new ArrayList<>();

    void sent(long seq, long now) {
        sentNanos.put(seq, now);
        if (sentNanos.size() > MOST) {
            sentNanos.remove(sentNanos.keySet().iterator().next());
        }
    }

    /** Counts down once the report or a later one is answered. */
    void confirm(long seq, CountDownLatch answered) {
        confirmations.add(new Confirmation(seq, answered));
    }

    /** @return when the report was sent; empty when it was not one of this stream, or was answered before */
    Optional<Long> answered(long echo) {
        Long sent = sentNanos.get(echo);
        sentNanos.keySet().removeIf(older -> older < echo);
        return Optional.ofNullable(sent);
    }

    /** Those who wait go on: all that followed from the answer has been handed on. */
    void release(long echo) {
        confirmations.removeIf(waiting -> {
            if (echo >= waiting.seq()) {
                waiting.answered().countDown();
                return true;
            }
            return false;
        });
    }

    /** The stream is another one. */
    void clear() {
        sentNanos.clear();
    }

    private record Confirmation(long seq, CountDownLatch answered) {}
}
