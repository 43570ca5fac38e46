package io.eventmesh.runtime.connector;

import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.connector.DeferringSink;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A sink task's way of an event: delivered by the mesh within the credit, put in batches, flushed, and only then acked.
 *
 * <p>What the connector's filter does not take is acked without the sink, which is given what the transforms make. A failure
 * that may pass brings the same batch again; another one brings its events one by one, and what fails alone is
 * rejected, which sends it to the group's dead letter. A {@link DeferringSink} is asked what is safe instead of being
 * flushed.
 */
final class SinkPipeline implements Pipeline {
    private static final Duration ACK_TIMEOUT = Duration.ofMinutes(5);
    /** A sink says itself what it will never take; attempts only end what kills every member that holds it. */
    private static final DeliveryTerms TERMS = new DeliveryTerms(
            new RetryPolicy(100, Duration.ofMillis(200), 2, Duration.ofSeconds(30)), ACK_TIMEOUT, true);

    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final long BATCH_BYTES = 4 << 20;

    private final TaskTerms terms;
    private final TaskDefinition task;
    private final TaskFence fence;
    private final TaskControl control;
    private final TaskStats stats;
    private final TaskEnvironment environment;
    private final TaskRequests requests;
    private final SinkConnector connector;
    private final DeadLetterWatch letters;

    SinkPipeline(
            TaskTerms terms,
            TaskFence fence,
            TaskControl control,
            TaskStats stats,
            TaskEnvironment environment,
            TaskRequests requests,
            SinkConnector connector) {
        this.terms = terms;
        this.task = terms.definition();
        this.fence = fence;
        this.control = control;
        this.stats = stats;
        this.environment = environment;
        this.requests = requests;
        this.connector = connector;
        this.letters = new DeadLetterWatch(fence, control, environment.config());
    }

    @Override
    public void run(Consumer<TaskState> states) throws Exception {
        try {
            connector.open();
            while (goesOn()) {
                if (rests()) {
                    states.accept(TaskState.PAUSED);
                    while (rests() && goesOn()) {
                        control.requireHeld();
                        control.await(control.changes());
                    }
                } else {
                    rest(attached(states));
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

    private boolean goesOn() {
        return !control.isEnding() && !requests.restartWanted();
    }

    private boolean rests() {
        return letters.rests();
    }

    /** Leaves the sink alone for as long as it asked to be. */
    private void rest(Duration length) throws InterruptedException {
        long until = control.nanoTime() + length.toNanos();
        while (goesOn() && !rests() && until - control.nanoTime() > 0) {
            control.requireHeld();
            control.await(control.changes());
        }
    }

    /**
     * As a member of the group, until the task rests or ends; then what is buffered goes back to the mesh.
     *
     * @return how long the sink wants to be left alone
     */
    private Duration attached(Consumer<TaskState> states) throws Exception {
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
            member.request(2 * environment.config().batchEvents(), 2 * BATCH_BYTES);
            Duration rest = connector instanceof DeferringSink deferring
                    ? deferred(buffer, member, deferring)
                    : flushed(buffer, member);
            if (control.isEnding()) {
                states.accept(TaskState.DRAINING);
            }
            return rest;
        }
    }

    /** Each batch is put, flushed and acked. */
    private Duration flushed(DeliveryBuffer buffer, Member member) throws Exception {
        Settlement settlement = settlement(member);
        SinkBatch batches = new SinkBatch(connector, true, fence, control, settlement, settlement::safe);
        while (goesOn() && !rests()) {
            long seen = control.changes();
            List<Held> batch = next(buffer, settlement);
            if (batch.isEmpty()) {
                control.await(seen);
                continue;
            }
            stats.inFlight(batch.size());
            Duration rest = batches.put(batch);
            settlement.idle();
            if (!rest.isZero()) {
                return rest;
            }
            member.request(batch.size(), bytes(batch));
            stats.inFlight(0);
        }
        return Duration.ZERO;
    }

    /** Each batch is put, and acked when the sink says that it is safe. */
    private Duration deferred(DeliveryBuffer buffer, Member member, DeferringSink sink) throws Exception {
        Settlement settlement = settlement(member);
        Outstanding outstanding = new Outstanding(
                sink, settlement, control, environment.config().sinkBuffer().bytes(), ACK_TIMEOUT.dividedBy(2));
        SinkBatch batches = new SinkBatch(sink, false, fence, control, settlement, outstanding::add);
        Duration rest = Duration.ZERO;
        while (goesOn() && !rests() && rest.isZero()) {
            long seen = control.changes();
            List<Held> batch = next(buffer, settlement);
            if (batch.isEmpty()) {
                if (control.works()) {
                    outstanding.step();
                }
                control.await(seen);
            } else {
                rest = batches.put(batch);
                member.request(batch.size(), bytes(batch));
            }
            stats.inFlight(outstanding.count());
        }
        outstanding.finish();
        stats.inFlight(0);
        return rest;
    }

    private Settlement settlement(Member member) {
        return new Settlement(
                member, control, stats, requests, new SinkLetters(terms, fence, control, environment, letters));
    }

    /** What waits and is for the sink; what is not is settled here. */
    private List<Held> next(DeliveryBuffer buffer, Settlement settlement) throws InterruptedException {
        List<Held> batch = new ArrayList<>();
        List<Delivery> taken;
        do {
            control.requireHeld();
            buffer.requireOpen();
            taken = control.works() ? buffer.take(environment.config().batchEvents(), BATCH_BYTES) : List.of();
            for (Delivery each : taken) {
                EventRecord record = each.record();
                Passing.Outcome outcome =
                        terms.passing().pass(record.topic(), record.event(), record.appendTimeMillis());
                if (outcome instanceof Passing.Passed passed) {
                    batch.add(Held.of(each, passed.event()));
                } else if (outcome instanceof Passing.Failed failed) {
                    settlement.failed(each, failed);
                } else {
                    settlement.filtered(each);
                }
            }
        } while (batch.isEmpty() && !taken.isEmpty() && goesOn());
        return batch;
    }

    private static long bytes(List<Held> batch) {
        return batch.stream().mapToLong(Held::bytes).sum();
    }
}
