package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.Stages;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Position;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The way of an event into its stream: admitted, counted, bounded, appended. Thread-safe, never blocks. */
final class Publishing {
    private final ServingState serving;
    private final Admission admission;
    private final StreamMap map;
    private final Streams streams;
    private final MeshClock clock;
    private final PublishCounters counters;
    private final Rejections rejections;
    private final RepeatedPublishes repeated = new RepeatedPublishes();
    private final int maxAppends;
    private final AtomicInteger appends = new AtomicInteger();

    Publishing(
            ServingState serving,
            Admission admission,
            StreamMap map,
            Streams streams,
            MeshClock clock,
            MeterRegistry meters,
            Rejections rejections,
            int maxAppends) {
        this.serving = serving;
        this.admission = admission;
        this.map = map;
        this.streams = streams;
        this.clock = clock;
        this.counters = new PublishCounters(meters);
        this.rejections = rejections;
        this.maxAppends = maxAppends;
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#publish}. */
    CompletionStage<Position> publish(CallContext context, Outgoing outgoing) {
        return publish(context, outgoing, Map.of());
    }

    /** @param added attributes of the mesh's own that the admitted event is stored with */
    CompletionStage<Position> publish(CallContext context, Outgoing outgoing, Map<String, String> added) {
        long begun = clock.nanoTime();
        PublishCounters.Door door = counters.of(context.door());
        EventMeshException refusal = admit(context, outgoing);
        if (refusal != null) {
            refused(door, refusal);
            return CompletableFuture.failedStage(refusal);
        }
        RepeatedPublishes.Look look = look(context, outgoing);
        CompletionStage<Position> before = look == null ? null : look.before();
        if (before != null) {
            return repeated(door, before);
        }
        StreamName stream = map.streamOf(context.namespace(), outgoing.topic());
        EventRecord record = record(context, outgoing, outgoing.event().with(added));
        CompletionStage<Position> answer =
                streams.append(stream, List.of(record), context.connection()).get(0);
        if (look != null) {
            look.storing(answer);
        }
        track(stream, answer, record.event().size(), door, begun);
        return answer;
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#publish} of several. */
    List<CompletionStage<Position>> publish(CallContext context, List<Outgoing> events) {
        Batch batch = new Batch(context, events.size());
        for (Outgoing outgoing : events) {
            EventMeshException refusal = admit(context, outgoing);
            if (refusal == null) {
                batch.add(map.streamOf(context.namespace(), outgoing.topic()), outgoing);
            } else {
                refused(batch.door, refusal);
                batch.answer(CompletableFuture.failedStage(refusal));
            }
        }
        batch.append();
        return batch.answers;
    }

    /** Appends what a group gave up; admitted long ago. */
    CompletionStage<?> appendDeadLetter(String namespace, TopicName topic, Event event, EventRecord original) {
        EventRecord record = new EventRecord(
                topic,
                original.key(),
                clock.millis(),
                original.hops(),
                original.target(),
                original.principal(),
                original.traceparent(),
                0,
                event);
        StreamName stream = map.streamOf(namespace, topic);
        return streams.append(stream, List.of(record), 0).get(0).whenComplete((position, failure) -> {
            if (failure != null) {
                forgetIfGone(stream, EventMeshException.of(failure));
            }
        });
    }

    private final class Batch {
        private final CallContext context;
        private final PublishCounters.Door door;
        private final long begun = clock.nanoTime();
        private final List<CompletionStage<Position>> answers;
        private final List<EventRecord> run = new ArrayList<>();
        /** Of those in the run; none when no task publishes. */
        private final List<RepeatedPublishes.Look> looks = new ArrayList<>();

        private @Nullable StreamName stream;

        Batch(CallContext context, int size) {
            this.context = context;
            this.door = counters.of(context.door());
            this.answers = new ArrayList<>(size);
        }

        void add(StreamName to, Outgoing outgoing) {
            RepeatedPublishes.Look look = look(context, outgoing);
            CompletionStage<Position> before = look == null ? null : look.before();
            if (before != null) {
                answer(repeated(door, before));
                return;
            }
            if (!to.equals(stream)) {
                append();
            }
            stream = to;
            run.add(record(context, outgoing, outgoing.event()));
            if (look != null) {
                looks.add(look);
            }
        }

        /** What came before is appended first, so that answers stay in their order. */
        void answer(CompletionStage<Position> known) {
            append();
            answers.add(known);
        }

        void append() {
            if (stream == null || run.isEmpty()) {
                return;
            }
            List<CompletionStage<Position>> stored = streams.append(stream, List.copyOf(run), context.connection());
            for (int i = 0; i < stored.size(); i++) {
                if (!looks.isEmpty()) {
                    looks.get(i).storing(stored.get(i));
                }
                track(stream, stored.get(i), run.get(i).event().size(), door, begun);
            }
            answers.addAll(stored);
            run.clear();
            looks.clear();
        }
    }

    /** Whether it may be what a task published before; null for what no task publishes. */
    private RepeatedPublishes.@Nullable Look look(CallContext context, Outgoing outgoing) {
        TaskFence fence = context.fence();
        return fence == null ? null : repeated.look(fence, outgoing.topic(), outgoing.event());
    }

    private CompletionStage<Position> repeated(PublishCounters.Door door, CompletionStage<Position> before) {
        appends.decrementAndGet();
        door.repeated().increment();
        return before;
    }

    private @Nullable EventMeshException admit(CallContext context, Outgoing outgoing) {
        if (!serving.isServing()) {
            return serving.refusal();
        }
        try {
            admission.checkPublish(context, outgoing);
        } catch (EventMeshException refused) {
            return refused;
        }
        if (appends.incrementAndGet() <= maxAppends) {
            return null;
        }
        appends.decrementAndGet();
        return new EventMeshException(
                ErrorCode.OVERLOADED, "appends in flight: %d (expected: at most %d)".formatted(maxAppends, maxAppends));
    }

    /** Gives the reservation back when the storage has answered; without a callback when it has already. */
    private void track(
            StreamName stream, CompletionStage<Position> answer, int size, PublishCounters.Door door, long begun) {
        if (Stages.hasSucceeded(answer)) {
            stored(size, door);
            // what takes nothing is timed once in a while; the clock's last bits are as good as dice
            if ((begun & 0xF) == 0) {
                time(door, begun);
            }
            return;
        }
        answer.whenComplete((position, failure) -> {
            if (failure == null) {
                stored(size, door);
                time(door, begun);
                return;
            }
            appends.decrementAndGet();
            EventMeshException why = EventMeshException.of(failure);
            refused(door, why);
            forgetIfGone(stream, why);
        });
    }

    private void stored(int size, PublishCounters.Door door) {
        appends.decrementAndGet();
        door.stored().increment();
        door.bytes().increment(size);
    }

    private void time(PublishCounters.Door door, long begun) {
        door.seconds().record(clock.nanoTime() - begun, TimeUnit.NANOSECONDS);
    }

    private void refused(PublishCounters.Door door, EventMeshException why) {
        door.refused().increment();
        rejections.count(why.code());
    }

    private void forgetIfGone(StreamName stream, EventMeshException failure) {
        if (failure.code() == ErrorCode.TOPIC_NOT_FOUND) {
            streams.forget(stream);
        }
    }

    private EventRecord record(CallContext context, Outgoing outgoing, Event event) {
        return new EventRecord(
                outgoing.topic(),
                event.partitionKey(),
                clock.millis(),
                outgoing.hops(),
                outgoing.target(),
                context.principal().name(),
                context.traceparent(),
                outgoing.notBeforeMillis(),
                event);
    }
}
