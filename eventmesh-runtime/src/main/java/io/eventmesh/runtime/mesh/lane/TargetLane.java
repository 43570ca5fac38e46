package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.runtime.delivery.Burial;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.Membership;
import io.eventmesh.runtime.delivery.OwnMember;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The events of one target on this runtime: sent as its {@link LanePolicy} says while its {@link Gate} is open, put aside in
 * its {@link Backlog} while it is shut, so that no other target feels it and a bounded number is in memory.
 *
 * <p>Thread-safe, never blocks: its state is touched in steps of its own.
 */
final class TargetLane implements LaneReader.Taker, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(TargetLane.class);
    private static final Duration STORAGE_RETRY = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofMillis(200);
    /** Beyond the time that a sender was given for a call. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    private final LaneName name;
    private final LaneSurroundings around;
    private final Runnable hasten;
    private final SerialExecutor serial;
    private final Backlog backlog;
    private final LaneReader waitingReader;
    private final Calls calls;
    private final Gate gate;
    private final LaneMeters meters;
    private final LaneWake wake;
    /** Offered and not sent, in the order of the offers. */
    private final ArrayDeque<Offer> queue = new ArrayDeque<>();

    private LaneDefinition definition;
    private Pace pace;
    private long batchSinceNanos;
    /** For how many partitions of the outbox too many of its events are parked there. */
    private int crowds;

    private boolean closed;
    /** What was offered from the outbox while it may have been put aside there by another owner. */
    private volatile boolean newOwner = true;

    private volatile int queued;
    private final AtomicLong delivered = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();
    private final AtomicLong dead = new AtomicLong();
    private volatile String lastError = "";
    private volatile long lastErrorMillis;

    /** @param hasten has what the outbox's group has parked of the target come now, to be put aside */
    TargetLane(LaneDefinition definition, LaneSurroundings around, LaneMeters.Room room, Runnable hasten) {
        this.name = definition.name();
        this.around = around;
        this.hasten = hasten;
        this.definition = definition;
        this.serial = new SerialExecutor(around.dispatch(), around.clock()::nanoTime);
        this.backlog = new Backlog(around.backlogs(), name.backlog(), serial);
        this.waitingReader = WaitingEvents.reader(backlog.group(), around, this::orderingKey, this);
        this.pace = Pace.of(definition.policy().rate(), around.clock());
        this.meters = new LaneMeters(around.meters(), room, name);
        this.calls = new Calls(around.clock());
        this.wake = new LaneWake(around.clock(), around.scheduler(), () -> serial.executeLater(this::turn));
        this.gate = new Gate(definition, around, () -> serial.execute(this::turn));
        meters.gauges(
                this,
                lane -> lane.calls.events(),
                lane -> lane.around.backlogs().waiting(lane.backlog.group()),
                lane -> lane.gate.state() == TargetStatus.State.RUNNING ? 1 : 0);
    }

    /** Asks the destination, and takes up what waits for it. */
    void start() {
        serial.execute(() -> {
            gate.ask();
            turn();
        });
    }

    /** Goes on by another definition, with what it has. */
    void use(LaneDefinition newer) {
        serial.execute(() -> {
            if (closed || newer.equals(definition)) {
                return;
            }
            if (newer.policy().rate() != definition.policy().rate()) {
                pace = Pace.of(newer.policy().rate(), around.clock());
            }
            definition = newer;
            gate.use(newer);
            turn();
        });
    }

    LaneName name() {
        return name;
    }

    /** The attribute whose value orders the target's events; empty for no order. Read by groups on their own threads. */
    String orderingKey() {
        return gate.definition().policy().orderingKey();
    }

    // what groups do

    @Override
    public void take(Membership<OwnMember> hold, Delivery delivery) {
        take(new Offer(hold, delivery, TargetMark.parse(delivery.record().target()), true));
    }

    /** An event from the outbox. */
    void takeFromOutbox(Membership<OwnMember> hold, Delivery delivery, TargetMark mark) {
        take(new Offer(hold, delivery, mark, false));
    }

    private void take(Offer offer) {
        serial.execute(() -> {
            if (closed) {
                offer.again(STORAGE_RETRY, Cause.of("target-changed", "the target is no more"), false);
                return;
            }
            if (newOwner) {
                newOwner = false;
                backlog.beginIfThere();
                if (backlog.isFilling()) {
                    turn();
                }
            }
            if (offer.waited() ? gate.isShut() : backlog.isFilling()) {
                aside(offer, offer.attempt() - 1, Cause.of("waiting", "events before it wait for the target"));
            } else {
                if (queue.isEmpty()) {
                    batchSinceNanos = around.clock().nanoTime();
                }
                queue.add(offer);
                pump();
            }
            queued = queue.size();
        });
    }

    @Override
    public void ended(Membership<OwnMember> hold) {
        serial.execute(() -> {
            queue.removeIf(offer -> offer.hold() == hold);
            queued = queue.size();
            turn();
        });
    }

    /** A partition of the outbox comes to this runtime: whoever had it before may have put events of it aside. */
    void assigned() {
        newOwner = true;
    }

    /**
     * Too many of its events would have to be remembered one by one, or that is over.
     *
     * @param by for how many more partitions of the outbox
     */
    void crowded(int by) {
        serial.execute(() -> {
            crowds = Math.max(0, crowds + by);
            if (!closed && by > 0 && !backlog.isFilling()) {
                log.info("Events of a target are put aside, it takes them slower than they come. target={}", name);
                backlog.begin();
                turn();
            }
            if (!closed && by > 0) {
                hasten.run();
            }
        });
    }

    /** Looks for events that another runtime, or an earlier process, has put aside. */
    void lookForWaiting() {
        serial.execute(() -> {
            if (!closed && !backlog.isFilling()) {
                backlog.beginIfWaiting();
                if (backlog.isFilling()) {
                    turn();
                }
            }
        });
    }

    // steps

    private void turn() {
        wake.woken();
        if (closed) {
            return;
        }
        gate.turn();
        if (gate.isShut()) {
            shut();
            putAllAside();
        } else if (gate.isOpen() && backlog.isFilling()) {
            waitingReader.join();
            if (queue.isEmpty() && calls.isEmpty() && crowds == 0) {
                backlog.look(this::caughtUp);
            }
        }
        timeOut();
        pump();
        queued = queue.size();
        arm();
    }

    private void shut() {
        if (!backlog.isFilling()) {
            backlog.begin();
            hasten.run();
        }
        waitingReader.leave();
    }

    private void caughtUp() {
        log.info("Target has caught up with what was put aside. target={}", name);
        waitingReader.leave();
        turn();
    }

    private void arm() {
        long nanos = Math.min(gate.turnsInNanos(), calls.turnInNanos());
        if (backlog.isFilling() && gate.isOpen()) {
            nanos = Math.min(nanos, LOOK.toNanos());
        }
        wake.in(nanos);
    }

    private void pump() {
        while (gate.isOpen() && !queue.isEmpty() && calls.count() < gate.maxCalls()) {
            dropTooOld();
            int wanted = gate.batch(queue);
            if (wanted == 0) {
                return;
            }
            long wait = wanted < gate.maxBatch() ? gate.batchWaitNanos(batchSinceNanos) : 0;
            if (wait > 0) {
                wake.in(wait);
                return;
            }
            int may = pace.take(wanted);
            if (may == 0) {
                wake.in(Math.max(1, pace.waitNanos()));
                return;
            }
            List<Offer> batch = new ArrayList<>(may);
            for (int i = 0; i < may; i++) {
                batch.add(queue.remove());
            }
            batchSinceNanos = around.clock().nanoTime();
            send(batch);
        }
    }

    private void dropTooOld() {
        long now = around.clock().millis();
        for (Offer first = queue.peek();
                first != null && gate.isTooOld(first.storedMillis(), now);
                first = gate.isOpen() ? queue.peek() : null) {
            queue.remove();
            Cause cause = Cause.of("target-too-late", "older than %s".formatted(policy().maxAge()));
            exhausted(first, first.attempt() - 1, cause, "age");
        }
    }

    private LanePolicy policy() {
        return definition.policy();
    }

    private void send(List<Offer> batch) {
        Duration bound = policy().timeout().multipliedBy(batch.size()).plus(GRACE);
        Calls.Call call = calls.begin(batch, gate.route(), bound);
        gate.send(batch).whenComplete((outcomes, defect) -> serial.execute(() -> answered(call, outcomes, defect)));
        if (calls.count() == 1 && !closed) {
            arm();
        }
    }

    private void answered(Calls.Call call, @Nullable List<Outcome> outcomes, @Nullable Throwable defect) {
        if (!calls.end(call)) {
            return;
        }
        meters.called(around.clock().nanoTime() - call.begunNanos());
        for (int i = 0; i < call.offers().size(); i++) {
            Outcome outcome = outcomes != null && i < outcomes.size() ? outcomes.get(i) : Gate.outcome(defect);
            settle(call.offers().get(i), outcome);
        }
        turn();
    }

    /** What a sender does not answer in time, though it should: whatever it says later counts for nothing. */
    private void timeOut() {
        for (Calls.Call late = calls.late(); late != null; late = calls.late()) {
            calls.end(late);
            Outcome outcome = new Outcome.Again(
                    ErrorCode.DEADLINE_EXCEEDED, "no answer within " + policy().timeout(), Duration.ZERO);
            late.offers().forEach(offer -> settle(offer, outcome));
        }
    }

    private void settle(Offer offer, Outcome outcome) {
        if (outcome instanceof Outcome.Done) {
            gate.succeeded();
            delivered.incrementAndGet();
            meters.sent();
            offer.done();
        } else if (outcome instanceof Outcome.Again again) {
            note(again.code(), again.reason());
            if (again.isAttempt()) {
                gate.failed();
                gate.turn();
                retry(offer, new Cause("target-failed", again.code(), again.reason()), again.delay());
            } else {
                later(offer, false, new Cause("waiting", again.code(), again.reason()), again.delay());
            }
        } else if (outcome instanceof Outcome.Never never) {
            note(never.code(), never.reason());
            Cause cause = new Cause("target-refused", never.code(), never.reason());
            exhausted(offer, offer.attempt(), cause, "permanent");
        } else if (outcome instanceof Outcome.Stop stop) {
            note(stop.code(), stop.reason());
            gate.stop(stop.reason());
            aside(offer, offer.attempt() - 1, new Cause("target-stopped", stop.code(), stop.reason()));
        }
    }

    private void note(ErrorCode code, String reason) {
        failed.incrementAndGet();
        lastError = reason;
        lastErrorMillis = around.clock().millis();
        meters.failed(code.name());
    }

    private void retry(Offer offer, Cause cause, Duration wished) {
        if (offer.attempt() >= policy().maxAttempts()) {
            exhausted(offer, offer.attempt(), cause, "attempts");
        } else {
            later(offer, true, cause, wished);
        }
    }

    /** @param tried whether that was an attempt */
    private void later(Offer offer, boolean tried, Cause cause, Duration wished) {
        int attempts = tried ? offer.attempt() : offer.attempt() - 1;
        Duration own = policy().delayAfter(offer.attempt(), around.random());
        Duration delay = wished.compareTo(own) > 0 ? wished : own;
        if (gate.isTooOld(offer.storedMillis(), around.clock().millis() + delay.toMillis())) {
            exhausted(offer, attempts, cause, "age");
        } else if (!offer.waited() && (backlog.isFilling() || gate.isShut())) {
            aside(offer, attempts, cause);
        } else {
            offer.again(delay, cause, tried);
        }
    }

    private void exhausted(Offer offer, int attempts, Cause cause, String how) {
        if (policy().stopOnFailure()) {
            gate.stop(cause.message());
            aside(offer, 0, cause);
            return;
        }
        bury(offer, attempts, cause, how);
    }

    private void bury(Offer offer, int attempts, Cause cause, String how) {
        dead.incrementAndGet();
        meters.dead();
        offer.hold()
                .member()
                .bury(
                        offer.delivery().id(),
                        new Burial(
                                gate.deadLetterTopic(),
                                cause,
                                how,
                                attempts,
                                offer.mark().firstMillis(),
                                name.outbox(),
                                name.inBus(),
                                Long.toString(offer.mark().name().revision()),
                                offer.mark().fresh()));
        offer.more();
    }

    // putting aside

    private void putAllAside() {
        while (!queue.isEmpty()) {
            Offer offer = queue.remove();
            aside(offer, offer.attempt() - 1, Cause.of("waiting", gate.reason()));
        }
    }

    /** What waits already goes back to where it waits; what comes from the outbox is put there. */
    private void aside(Offer offer, int attempts, Cause cause) {
        if (offer.waited()) {
            offer.back(cause);
            return;
        }
        backlog.begin();
        String mark = offer.mark().after(attempts, attempts == 0 ? 0 : firstMillis(offer), offer.storedMillis());
        backlog.put(offer.record(), mark, failure -> putAside(offer, attempts, failure));
    }

    private long firstMillis(Offer offer) {
        return offer.mark().firstMillis() == 0
                ? around.clock().millis()
                : offer.mark().firstMillis();
    }

    private void putAside(Offer offer, int attempts, @Nullable EventMeshException failure) {
        if (failure == null) {
            meters.putAside();
            offer.done();
        } else if (failure.code() == ErrorCode.STORAGE_FULL) {
            // nobody else's events may stand behind it
            Cause full = new Cause("target-backlog-full", failure.code(), failure.reason());
            bury(offer, attempts, full, "permanent");
        } else {
            offer.again(STORAGE_RETRY, new Cause("waiting", failure.code(), failure.reason()), false);
        }
        if (gate.isOpen()) {
            wake.in(0);
        }
    }

    // what operators see

    /** All but the age of what waits, which the storage knows. */
    TargetStatus status() {
        LaneDefinition known = gate.definition();
        return new TargetStatus(
                name.namespace(),
                name.bus(),
                name.rule(),
                name.target(),
                known.revision(),
                known.epoch(),
                gate.state(),
                gate.reason(),
                gate.sinceMillis(),
                lastError,
                lastErrorMillis,
                calls.events(),
                queued,
                around.backlogs().waiting(backlog.group()),
                0,
                delivered.get(),
                failed.get(),
                dead.get());
    }

    /** With the age of what waits; never fails. */
    CompletionStage<TargetStatus> aged() {
        TargetStatus now = status();
        if (now.parked() == 0) {
            return CompletableFuture.completedStage(now);
        }
        return around.backlogs()
                .oldestMillis(backlog.group())
                .handle((millis, failure) -> failure == null ? now.withOldest(millis) : now);
    }

    /** Sends nothing more; what it has goes back to its groups. */
    @Override
    public void close() {
        serial.execute(() -> {
            closed = true;
            wake.cancel();
            waitingReader.close();
            for (Offer offer : queue) {
                offer.again(STORAGE_RETRY, Cause.of("target-changed", "the target is no more"), false);
            }
            queue.clear();
            gate.close();
            meters.close();
        });
    }
}
