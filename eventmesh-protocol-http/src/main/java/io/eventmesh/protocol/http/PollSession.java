package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler.Timer;
import io.eventmesh.http.EventJson;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member whose client comes for its events poll by poll.
 *
 * <p>Credit is given only while a poll waits: one event at first, and each time all of it came, twice as much, so that a
 * backlog fills an answer at once and a client that is up to date holds one event more than it asked for. What comes
 * after the answer is kept for the next poll, for a few seconds; when none comes, or when the client goes away in the
 * middle of one, it is released. The session ends when its client has neither polled nor settled for the time-out, and
 * with it whatever is unsettled.
 *
 * <p>A poll that comes while another one waits takes its place: the client has lost the other one.
 *
 * <p>State is touched under the session's own serial executor.
 */
final class PollSession implements Receiver, Consumer {
    static final String HEADER = "EventMesh-Session";
    private static final Logger log = LoggerFactory.getLogger(PollSession.class);
    private static final long MAX_BYTES = 1024 * 1024;
    private static final int MAX_UNSETTLED = 10_000;
    /** How long a poll that has something waits for more. */
    private static final Duration LINGER = Duration.ofMillis(10);
    /** How long events wait for the next poll. */
    private static final Duration HOLD = Duration.ofSeconds(5);

    private final ProtocolContext context;
    private final Consumers consumers;
    private final CallContext owner;
    private final PollTerms terms;
    private final Duration timeout;
    private final String token;
    private final Unsettled unsettled;
    private final SerialExecutor serial;
    /** Delivered and not handed over. */
    private final Deque<Delivery> ready = new ArrayDeque<>();

    private volatile @Nullable Member member;
    private volatile long lastSeen;
    private long readyBytes;
    private int credit;
    private @Nullable Poll waiting;
    private @Nullable Timer hold;
    private boolean known; // the client was told the token
    private boolean away; // the client left during its last poll
    private boolean closed;

    private PollSession(
            ProtocolContext context, Consumers consumers, CallContext owner, PollTerms terms, Duration timeout) {
        this.context = context;
        this.consumers = consumers;
        this.owner = owner;
        this.terms = terms;
        this.timeout = timeout;
        this.token = consumers.newToken();
        this.unsettled = new Unsettled(terms.subscription().delivery().ackTimeout());
        this.serial = new SerialExecutor(context.dispatch(), context.clock()::nanoTime);
        this.lastSeen = context.clock().nanoTime();
    }

    /** Subscribes, and lets the request be the session's first poll. */
    static void open(
            ProtocolContext context,
            Consumers consumers,
            CallContext owner,
            PollTerms terms,
            Duration timeout,
            HttpServerRequest request) {
        PollSession session = new PollSession(context, consumers, owner, terms, timeout);
        consumers.add(session);
        context.mesh()
                .subscribe(owner, terms.subscription(), session)
                .whenComplete((attached, failure) ->
                        session.serial.execute(() -> session.attached(request, attached, failure)));
    }

    private void attached(HttpServerRequest request, @Nullable Member attached, @Nullable Throwable failure) {
        if (failure != null || attached == null) {
            consumers.remove(this);
            closed = true;
            Answers.problem(request, EventMeshException.of(failure == null ? new IllegalStateException() : failure));
            return;
        }
        member = attached;
        if (closed) {
            attached.close();
            Answers.problem(request, gone());
            return;
        }
        attached.request(0, MAX_BYTES);
        context.scheduler().schedule(timeout, () -> serial.execute(this::expire));
        begin(request, terms);
    }

    /** Lets the request wait for events. */
    void poll(HttpServerRequest request, PollTerms given) {
        serial.execute(() -> {
            if (closed) {
                Answers.problem(request, gone());
            } else if (!given.isSameSubscription(terms)) {
                Answers.problem(
                        request,
                        Query.invalid("session: of other terms (expected: path and parameters of its first poll, except"
                                + " max and wait)"));
            } else {
                begin(request, given);
            }
        });
    }

    private void begin(HttpServerRequest request, PollTerms given) {
        Poll earlier = waiting;
        if (earlier != null) {
            finish(earlier, List.of());
        }
        lastSeen = context.clock().nanoTime();
        unsettled.expire(lastSeen);
        int room = MAX_UNSETTLED - unsettled.size();
        if (room <= 0) {
            Answers.problem(request, unsettled.tooMany(MAX_UNSETTLED));
            return;
        }
        Poll poll = new Poll(request, Math.min(given.max(), room));
        waiting = poll;
        away = false;
        cancelHold();
        if (request.response().closed()) {
            lost(poll);
            return;
        }
        request.response().exceptionHandler(lost -> serial.execute(() -> lost(poll)));
        Duration wait = given.waiting().compareTo(LINGER) < 0 ? LINGER : given.waiting();
        poll.endAfter(context.scheduler(), wait, () -> serial.execute(() -> answer(poll)));
        if (!ready.isEmpty()) {
            linger(poll);
        }
        grant(poll);
    }

    @Override
    public void deliver(Delivery delivery) {
        serial.execute(() -> {
            if (closed) {
                return;
            }
            credit--;
            ready.add(delivery);
            readyBytes += delivery.record().event().size();
            Poll poll = waiting;
            if (poll == null && away) {
                giveBack();
            } else if (poll == null) {
                keepForNextPoll();
            } else {
                linger(poll);
                grant(poll);
            }
        });
    }

    /** Asks for more when all that was asked for has come, and answers when the answer is full. */
    private void grant(Poll poll) {
        Member mine = member;
        int wanted = poll.max() - ready.size();
        if (wanted <= 0 || readyBytes >= MAX_BYTES) {
            answer(poll);
        } else if (credit == 0 && mine != null) {
            int more = poll.nextStep(wanted);
            credit += more;
            mine.request(more, 0);
        }
    }

    private void linger(Poll poll) {
        poll.lingerOnce(context.scheduler(), LINGER, () -> serial.execute(() -> answer(poll)));
    }

    private void answer(Poll poll) {
        if (waiting != poll) {
            return;
        }
        List<Delivery> handed = new ArrayList<>();
        while (handed.size() < poll.max() && !ready.isEmpty()) {
            handed.add(ready.remove());
        }
        finish(poll, handed);
        if (!ready.isEmpty()) {
            keepForNextPoll();
        }
    }

    private void finish(Poll poll, List<Delivery> handed) {
        waiting = null;
        poll.cancelTimers();
        known = true;
        lastSeen = context.clock().nanoTime();
        long bytes = 0;
        List<Delivery> sent = new ArrayList<>(handed.size());
        List<byte[]> shown = new ArrayList<>(handed.size());
        Member mine = member;
        for (Delivery each : handed) {
            bytes += each.record().event().size();
            try {
                shown.add(EventJson.one(Handles.shown(each, terms.explicit() ? token : null)));
                sent.add(each);
                unsettled.add(each.id(), lastSeen);
            } catch (EventMeshException unfit) {
                log.debug("Event without a JSON form. position={} error={}", each.position(), unfit.reason());
                if (mine != null) {
                    mine.reject(each.id(), unfit.reason());
                }
            }
        }
        readyBytes -= bytes;
        poll.request().response().putHeader(HEADER, token);
        Answers.events(poll.request(), shown)
                .onComplete(result -> serial.execute(() -> written(sent, result.failed())));
        if (mine != null && bytes > 0) {
            mine.request(0, bytes);
        }
    }

    /** What did not leave goes back; what did is done where nothing is to be settled. */
    private void written(List<Delivery> sent, boolean failed) {
        Member mine = member;
        if (closed || mine == null) {
            return;
        }
        for (Delivery each : sent) {
            if (failed) {
                release(each.id(), Duration.ZERO);
            } else if (!terms.explicit() && unsettled.take(each.id())) {
                mine.ack(each.id());
            }
        }
    }

    /** The client went away while its poll waited. */
    private void lost(Poll poll) {
        if (waiting != poll) {
            return;
        }
        waiting = null;
        poll.cancelTimers();
        away = true;
        if (known) {
            giveBack();
        } else {
            leave();
        }
    }

    private void keepForNextPoll() {
        if (hold == null) {
            Duration third = terms.subscription().delivery().ackTimeout().dividedBy(3);
            Duration keep = third.compareTo(HOLD) < 0 ? third : HOLD;
            hold = context.scheduler()
                    .schedule(
                            keep,
                            () -> serial.execute(() -> {
                                hold = null;
                                if (waiting == null) {
                                    giveBack();
                                }
                            }));
        }
    }

    private void cancelHold() {
        Timer running = hold;
        hold = null;
        if (running != null) {
            running.cancel();
        }
    }

    private void giveBack() {
        Member mine = member;
        if (mine == null || closed) {
            return;
        }
        for (Delivery each : ready) {
            mine.release(each.id(), Duration.ZERO);
        }
        ready.clear();
        mine.request(0, readyBytes);
        readyBytes = 0;
    }

    private void expire() {
        if (closed) {
            return;
        }
        Duration left = timeout.minusNanos(waiting != null ? 0 : context.clock().nanoTime() - lastSeen);
        if (left.isNegative() || left.isZero()) {
            log.debug("Session expired. subscription={}", terms.subscription().group());
            leave();
        } else {
            context.scheduler().schedule(left, () -> serial.execute(this::expire));
        }
    }

    /** The session ends: what is unsettled goes to others. */
    private void leave() {
        finishAll();
        Member mine = member;
        if (mine != null) {
            mine.close();
        }
    }

    private void finishAll() {
        closed = true;
        cancelHold();
        ready.clear();
        consumers.remove(this);
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        serial.execute(() -> stop(cause == null ? gone() : cause));
    }

    @Override
    public void end(EventMeshException cause) {
        serial.execute(() -> {
            if (!closed) {
                stop(cause);
                leave();
            }
        });
    }

    private void stop(EventMeshException cause) {
        Poll poll = waiting;
        waiting = null;
        if (poll != null) {
            poll.cancelTimers();
            Answers.problem(poll.request(), cause);
        }
        finishAll();
    }

    private static EventMeshException gone() {
        return new EventMeshException(ErrorCode.NOT_FOUND, "session: ended (expected: one that is open)");
    }

    @Override
    public String token() {
        return token;
    }

    @Override
    public CallContext owner() {
        return owner;
    }

    @Override
    public boolean ack(long delivery) {
        return settle(delivery, mine -> mine.ack(delivery));
    }

    @Override
    public boolean release(long delivery, Duration delay) {
        return settle(delivery, mine -> mine.release(delivery, delay));
    }

    @Override
    public boolean reject(long delivery, String reason) {
        return settle(delivery, mine -> mine.reject(delivery, reason));
    }

    private boolean settle(long delivery, java.util.function.Consumer<Member> how) {
        Member mine = member;
        if (mine == null || !unsettled.take(delivery)) {
            return false;
        }
        lastSeen = context.clock().nanoTime();
        how.accept(mine);
        return true;
    }
}
