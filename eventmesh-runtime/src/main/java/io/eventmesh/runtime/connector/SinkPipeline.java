package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A sink task's way of an event: delivered by the mesh within the credit, put in batches, flushed, and only then acked.
 *
 * <p>A failure that may pass brings the same batch again; another one brings its events one by one, and what fails alone
 * is rejected, which sends it to the group's dead letter.
 */
final class SinkPipeline implements Pipeline {
    private static final Logger log = LoggerFactory.getLogger(SinkPipeline.class);
    private static final Duration ACK_TIMEOUT = Duration.ofMinutes(5);
    /** A sink says itself what it will never take; attempts only end what kills every member that holds it. */
    private static final DeliveryTerms TERMS = new DeliveryTerms(
            new RetryPolicy(100, Duration.ofMillis(200), 2, Duration.ofSeconds(30)), ACK_TIMEOUT, true);

    private static final Duration ANSWER = Duration.ofSeconds(30);
    /** After that long the events go back to the mesh, well before their time is out there. */
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(2);

    private static final long BATCH_BYTES = 4 << 20;
    private static final long MAX_BACK_OFF_MILLIS = 10_000;

    private final TaskDefinition task;
    private final TaskFence fence;
    private final TaskControl control;
    private final TaskStats stats;
    private final TaskEnvironment environment;
    private final TaskRequests requests;
    private final SinkConnector connector;

    SinkPipeline(
            TaskDefinition task,
            TaskFence fence,
            TaskControl control,
            TaskStats stats,
            TaskEnvironment environment,
            TaskRequests requests,
            SinkConnector connector) {
        this.task = task;
        this.fence = fence;
        this.control = control;
        this.stats = stats;
        this.environment = environment;
        this.requests = requests;
        this.connector = connector;
    }

    @Override
    public void run(Consumer<TaskState> states) throws Exception {
        try {
            connector.open();
            while (!control.isEnding() && !requests.restartWanted()) {
                if (control.isPaused()) {
                    states.accept(TaskState.PAUSED);
                    while (control.isPaused()) {
                        control.requireHeld();
                        control.await(control.changes());
                    }
                } else {
                    attached(states);
                }
            }
        } finally {
            connector.close();
        }
    }

    @Override
    public void abandon() {
        connector.close();
    }

    /** As a member of the group, until the task is paused or ends; then what is buffered goes back to the mesh. */
    private void attached(Consumer<TaskState> states) throws Exception {
        int credit = 2 * environment.config().batchEvents();
        DeliveryBuffer buffer = new DeliveryBuffer(control);
        SubscribeTerms terms = new SubscribeTerms(
                "_connectors/" + task.getConnector(),
                TopicPattern.of(task.getTopic()),
                Start.earliest(),
                TERMS,
                environment.runtime() + "/" + fence.task());
        try (Member member = control.outcome(
                environment.mesh().subscribe(SourcePipeline.context(environment, task, fence), terms, buffer),
                ANSWER)) {
            states.accept(TaskState.RUNNING);
            member.request(credit, 2 * BATCH_BYTES);
            while (!control.isEnding() && !control.isPaused() && !requests.restartWanted()) {
                control.requireHeld();
                long seen = control.changes();
                buffer.requireOpen();
                List<Delivery> batch =
                        control.works() ? buffer.take(environment.config().batchEvents(), BATCH_BYTES) : List.of();
                if (batch.isEmpty()) {
                    control.await(seen);
                } else {
                    stats.inFlight(batch.size());
                    deliver(batch, member);
                    member.request(batch.size(), bytes(batch));
                    stats.inFlight(0);
                }
            }
            if (control.isEnding()) {
                states.accept(TaskState.DRAINING);
            }
        }
    }

    private void deliver(List<Delivery> batch, Member member) throws Exception {
        Exception refused = putAndFlush(batch);
        if (refused == null) {
            ack(batch, member);
            return;
        }
        for (Delivery delivery : batch) {
            Exception alone = batch.size() == 1 ? refused : putAndFlush(List.of(delivery));
            if (alone == null) {
                ack(List.of(delivery), member);
            } else {
                awaitWork();
                log.warn(
                        "Event refused by the sink, to the dead letter. task={} position={} error={}",
                        fence.task(),
                        delivery.position(),
                        alone.toString());
                member.reject(delivery.id(), reason(alone));
            }
        }
    }

    private void ack(List<Delivery> batch, Member member) throws InterruptedException {
        awaitWork();
        batch.forEach(delivery -> member.ack(delivery.id()));
        stats.moved(batch.size());
    }

    /** Soft fence: what is put stays put, and is acked when the lease is renewed. */
    private void awaitWork() throws InterruptedException {
        while (!control.works()) {
            control.requireHeld();
            control.await(control.changes());
        }
    }

    /**
     * Puts and flushes, again and again while the failure may pass.
     *
     * @return null when all of it is safe, or the failure that will not pass
     */
    private @Nullable Exception putAndFlush(List<Delivery> batch) throws Exception {
        List<SinkRecord> records = batch.stream()
                .map(delivery -> new SinkRecord(
                        delivery.record().topic(), delivery.record().event(), delivery.attempt()))
                .toList();
        long since = control.nanoTime();
        for (int failures = 0; ; failures++) {
            awaitWork();
            Exception failure = putOnce(records);
            if (failure == null || !mayPass(failure)) {
                return failure;
            }
            if (control.isEnding() || control.nanoTime() - since > LONGEST_RETRY.toNanos()) {
                throw failure;
            }
            if (failures == 0) {
                log.warn("Sink fails, trying again. task={} error={}", fence.task(), failure.toString());
            }
            control.pause(Duration.ofMillis(Math.min(MAX_BACK_OFF_MILLIS, 200L << Math.min(failures, 6))));
        }
    }

    private @Nullable Exception putOnce(List<SinkRecord> records) throws InterruptedException {
        try {
            connector.put(records);
        } catch (InterruptedException interrupted) {
            throw interrupted;
        } catch (Exception failure) {
            control.requireHeld();
            return failure;
        }
        try {
            connector.flush();
            return null;
        } catch (InterruptedException interrupted) {
            throw interrupted;
        } catch (Exception failure) {
            control.requireHeld();
            // no single event is to blame for a flush
            return mayPass(failure) ? failure : new IOException("flush failed: " + failure.getMessage(), failure);
        }
    }

    private static boolean mayPass(Exception failure) {
        if (failure instanceof EventMeshException refusal) {
            return refusal.code().retryable() || refusal.code() == ErrorCode.DEADLINE_EXCEEDED;
        }
        return failure instanceof IOException;
    }

    private static String reason(Exception failure) {
        return failure instanceof EventMeshException refusal
                ? refusal.reason()
                : failure.getClass().getSimpleName() + ": " + failure.getMessage();
    }

    private static long bytes(List<Delivery> batch) {
        return batch.stream()
                .mapToLong(delivery -> delivery.record().event().size())
                .sum();
    }
}
