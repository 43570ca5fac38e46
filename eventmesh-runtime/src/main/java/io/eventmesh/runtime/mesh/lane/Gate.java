package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.spi.mesh.TargetStatus.State;
import io.eventmesh.spi.target.Attempt;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetSender;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a target takes events now, and the way to it.
 *
 * <pre>
 *  PENDING_VALIDATION ──(consents)──▶ RUNNING ──(fails too often in a row)──▶ CIRCUIT_OPEN ──(rest, then one call)──▶ RUNNING
 *          │                            │                                                          └──▶ CIRCUIT_OPEN
 *          └──(refuses)──▶ DISABLED ◀───┴──(wants nothing more, or tolerates nothing)
 *  DISABLED ──(epoch raised, or another form)──▶ PENDING_VALIDATION        any ──(definition)──▶ PAUSED ──▶ as it was
 * </pre>
 *
 * <p>Belongs to one lane, but for what is said to be asked by any thread.
 */
final class Gate implements Sending.Listener {
    private static final Logger log = LoggerFactory.getLogger(Gate.class);

    private final LaneSurroundings around;
    /** Has the lane look again, in a step of its own. */
    private final Runnable turn;

    private final Breaker breaker = new Breaker();
    private volatile LaneDefinition definition;
    private Route route;
    /** Why it stopped; null when it did not. */
    private volatile @Nullable String stopped;
    /** Before that, events did not grow older. */
    private long resumedMillis;

    private volatile State state = State.PENDING_VALIDATION;
    private volatile String reason = "";
    private volatile long sinceMillis;

    Gate(LaneDefinition definition, LaneSurroundings around, Runnable turn) {
        this.around = around;
        this.turn = turn;
        this.definition = definition;
        this.sinceMillis = around.clock().millis();
        this.route = new Route(definition.form(), around.senders(), this);
    }

    /** Asks the destination. */
    void ask() {
        Sending sending = route.sending();
        if (sending != null) {
            sending.ask();
        }
    }

    void use(LaneDefinition newer) {
        boolean other = !newer.form().equals(definition.form());
        boolean resumed = newer.epoch() > definition.epoch();
        definition = newer;
        if (!other && !resumed) {
            return;
        }
        if (stopped != null) {
            stopped = null;
            resumedMillis = around.clock().millis();
        }
        breaker.reset();
        Sending sending = route.sending();
        if (other || sending == null || !sending.isOpen()) {
            Route before = route;
            route = new Route(newer.form(), around.senders(), this);
            before.replace();
            ask();
        }
    }

    // what becomes of attempts

    void succeeded() {
        breaker.succeeded();
    }

    void failed() {
        LanePolicy policy = definition.policy();
        breaker.failed(
                policy.breakerFailures(), policy.breakerRest(), around.clock().nanoTime());
    }

    /** Nothing more is sent until somebody starts it again. */
    void stop(String why) {
        if (stopped == null) {
            stopped = why;
        }
    }

    @Override
    public void opened() {
        turn.run();
    }

    @Override
    public void refused() {
        turn.run();
    }

    @Override
    public void stopped(Outcome.Stop why) {
        stop(why.reason());
        turn.run();
    }

    // the state

    /** Looks what the state is by now. */
    void turn() {
        State now = current();
        if (now != state) {
            State before = state;
            state = now;
            sinceMillis = around.clock().millis();
            reason = cause(now);
            tell(before, now);
        } else {
            reason = cause(now);
        }
    }

    private State current() {
        Sending sending = route.sending();
        if (stopped != null || sending == null) {
            return State.DISABLED;
        }
        if (definition.paused()) {
            return State.PAUSED;
        }
        if (!sending.isOpen()) {
            return State.PENDING_VALIDATION;
        }
        long now = around.clock().nanoTime();
        return breaker.isResting(now) || breaker.isProbing(now) ? State.CIRCUIT_OPEN : State.RUNNING;
    }

    private String cause(State of) {
        String why = stopped;
        Sending sending = route.sending();
        String problem = sending == null ? route.refusal() : sending.problem();
        return switch (of) {
            case DISABLED -> why == null ? problem : why;
            case PENDING_VALIDATION, CIRCUIT_OPEN -> problem;
            case PAUSED, RUNNING -> "";
        };
    }

    private void tell(State before, State now) {
        switch (now) {
            case DISABLED ->
                log.error(
                        "Target stopped, its events wait. target={} before={} error={}",
                        definition.name(),
                        before,
                        reason);
            case CIRCUIT_OPEN ->
                log.warn(
                        "Target rests, its events wait. target={} failures={} error={}",
                        definition.name(),
                        breaker.failures(),
                        reason);
            case PENDING_VALIDATION, PAUSED, RUNNING ->
                log.info("Target changed its state. target={} before={} now={}", definition.name(), before, now);
        }
    }

    /** Whether events may be sent. */
    boolean isOpen() {
        return state == State.RUNNING
                || (state == State.CIRCUIT_OPEN
                        && breaker.isProbing(around.clock().nanoTime()));
    }

    /** Whether events are to be put aside. One that is being asked for the first time holds them for that moment. */
    boolean isShut() {
        Sending sending = route.sending();
        boolean moment = state == State.PENDING_VALIDATION && sending != null && sending.isAsking();
        return !isOpen() && !moment;
    }

    long turnsInNanos() {
        long now = around.clock().nanoTime();
        return breaker.isResting(now) ? breaker.restNanos(now) : Long.MAX_VALUE;
    }

    // sending

    Route route() {
        return route;
    }

    int maxCalls() {
        return isProbing() ? 1 : definition.policy().maxInFlight();
    }

    int maxBatch() {
        Sending sending = route.sending();
        return sending == null || isProbing()
                ? 1
                : Math.max(1, Math.min(definition.policy().batchEvents(), sending.maxBatch()));
    }

    private boolean isProbing() {
        return breaker.isProbing(around.clock().nanoTime());
    }

    /** How many of the first go together. */
    int batch(ArrayDeque<Offer> queue) {
        int max = maxBatch();
        if (max == 1) {
            return Math.min(1, queue.size());
        }
        int count = 0;
        long bytes = 0;
        for (Offer offer : queue) {
            bytes += offer.record().size();
            if (count == max || (count > 0 && bytes > TargetSender.BATCH_BYTES)) {
                break;
            }
            count++;
        }
        return count;
    }

    /** How long a batch that is not full waits for more. */
    long batchWaitNanos(long sinceNanos) {
        return sinceNanos
                + definition.policy().batchDelay().toNanos()
                - around.clock().nanoTime();
    }

    /** The stage never fails. */
    CompletionStage<List<Outcome>> send(List<Offer> offers) {
        Sending sending = route.sending();
        List<Attempt> batch = offers.stream()
                .map(offer -> new Attempt(offer.record(), offer.attempt()))
                .toList();
        return sending == null
                ? CompletableFuture.failedStage(new IllegalStateException("nobody sends"))
                : sending.send(batch);
    }

    static Outcome outcome(@Nullable Throwable defect) {
        return Sending.outcome(null, defect);
    }

    /** Whether an event is older than its target wants it; the time for which that was stopped does not count. */
    boolean isTooOld(long storedMillis, long atMillis) {
        return definition.policy().isTooOld(Math.max(storedMillis, resumedMillis), atMillis);
    }

    TopicName deadLetterTopic() {
        String wished = definition.policy().deadLetterTopic();
        LaneName name = definition.name();
        if (!wished.isEmpty()) {
            try {
                return TopicName.of(wished);
            } catch (EventMeshException noTopic) {
                log.debug("Dead letters go to the target's own topic. target={} error={}", name, noTopic.reason());
            }
        }
        return DeadLetter.ofTarget(name.namespace(), name.inBus());
    }

    // what any thread may ask

    LaneDefinition definition() {
        return definition;
    }

    State state() {
        return state;
    }

    String reason() {
        return reason;
    }

    long sinceMillis() {
        return sinceMillis;
    }

    /** Sends nothing more once the calls that are open have come to an end. */
    void close() {
        route.replace();
    }
}
