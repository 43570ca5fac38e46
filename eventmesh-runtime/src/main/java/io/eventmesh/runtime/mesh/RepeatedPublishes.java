package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Recognises what a source task publishes once more after it was given to somebody else: the next owner goes on at the last
 * position that was stored, and what lies between has been published already, under the same ids. That is not stored again
 * but answered with where it stands.
 *
 * <p>Best effort: of each task the last 10,000 ids are remembered, in the memory of this process, for the 100 tasks that
 * published last. Only the beginning of what comes under the next right is looked up, as long as all of it is known and in
 * the order in which it was stored. What comes behind something unknown is stored, known or not, and so is what the same
 * right sends twice, since a task sends again on purpose to let the last event of a key be the last in its stream. A right
 * that is not the next, by its epoch, repeats nothing: an operator who changes positions raises the epoch by one more, and
 * wants the events again. Thread-safe.
 */
final class RepeatedPublishes {
    private static final int MOST_TASKS = 100;

    private final Map<String, Task> tasks = new ConcurrentHashMap<>();
    private final AtomicLong uses = new AtomicLong();

    /** What is known of an event that a task wants to have stored. */
    static final class Look {
        private final Task task;
        private final long number;
        private final @Nullable CompletionStage<Position> before;

        private Look(Task task, long number, @Nullable CompletionStage<Position> before) {
            this.task = task;
            this.number = number;
            this.before = before;
        }

        /** The answer to the one before, if this is the same again; null when it has to be stored. */
        @Nullable
        CompletionStage<Position> before() {
            return before;
        }

        /** It is being stored. */
        void storing(CompletionStage<Position> answer) {
            answer.whenComplete((position, failure) -> task.answered(number, position, failure));
        }
    }

    /** To be asked once for each event, in order; what has no earlier answer is to be stored then. */
    Look look(TaskFence fence, TopicName topic, Event event) {
        ByteBuffer hash = hash(topic, event);
        Task task = tasks.computeIfAbsent(fence.task(), name -> new Task());
        task.used = uses.incrementAndGet();
        if (tasks.size() > MOST_TASKS) {
            forgetOldest();
        }
        return task.look(fence, hash.getLong(0), hash.getLong(Long.BYTES));
    }

    int tasks() {
        return tasks.size();
    }

    private void forgetOldest() {
        tasks.entrySet().stream()
                .min((one, other) -> Long.compare(one.getValue().used, other.getValue().used))
                .ifPresent(oldest -> tasks.remove(oldest.getKey(), oldest.getValue()));
    }

    private static ByteBuffer hash(TopicName topic, Event event) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : List.of(topic.value(), event.source(), event.id())) {
                digest.update(part.getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
            }
            return ByteBuffer.wrap(digest.digest());
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("SHA-256 belongs to every JDK", impossible);
        }
    }

    /** What one task published. */
    private static final class Task {
        private final RecentIds ids = new RecentIds();
        private final List<StreamPartition> places = new ArrayList<>();
        private final Map<StreamPartition, Integer> numbers = new HashMap<>();
        private final Map<Long, CompletableFuture<Position>> open = new HashMap<>();
        private volatile long used;
        private @Nullable TaskFence right;
        /** Whether all that came under this right so far was known. */
        private boolean repeating;

        private long last;

        synchronized Look look(TaskFence fence, long high, long low) {
            TaskFence known = right;
            if (known == null || fence.isNewerThan(known)) {
                right = fence;
                repeating = known != null && fence.epoch() == known.epoch() + 1;
                last = RecentIds.NONE;
            }
            if (repeating) {
                long number = ids.find(high, low);
                repeating = number > last;
                if (repeating) {
                    last = number;
                    return new Look(this, number, before(number));
                }
            }
            long number = ids.add(high, low);
            open.put(number, new CompletableFuture<>());
            return new Look(this, number, null);
        }

        private CompletionStage<Position> before(long number) {
            CompletableFuture<Position> answer = open.get(number);
            return answer != null
                    ? answer
                    : CompletableFuture.completedStage(new Position(places.get(ids.place(number)), ids.offset(number)));
        }

        void answered(long number, @Nullable Position position, @Nullable Throwable failure) {
            CompletableFuture<Position> answer = settled(number, position);
            if (answer == null) {
                return;
            }
            if (position != null) {
                answer.complete(position);
            } else {
                answer.completeExceptionally(
                        failure == null
                                ? new EventMeshException(ErrorCode.INTERNAL, "no position (expected: one)")
                                : EventMeshException.of(failure));
            }
        }

        private synchronized @Nullable CompletableFuture<Position> settled(long number, @Nullable Position position) {
            if (position == null) {
                ids.forget(number);
            } else {
                ids.stored(number, place(position.partition()), position.offset());
            }
            return open.remove(number);
        }

        private int place(StreamPartition partition) {
            return numbers.computeIfAbsent(partition, added -> {
                places.add(added);
                return places.size() - 1;
            });
        }
    }
}
