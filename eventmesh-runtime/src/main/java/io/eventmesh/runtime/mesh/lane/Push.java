package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.runtime.delivery.LaneMember;
import io.eventmesh.runtime.delivery.LaneRule;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetSender;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One group's events on their way to one destination. Reads nothing before the destination has consented, and leaves the
 * group once it wants nothing more. Thread-safe, never blocks.
 */
final class Push implements SendingMember.Way, Sending.Listener, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Push.class);

    private final String name;
    private final int inFlight;
    private final Consumer<Outcome.Stop> onStopped;
    private final Sending sending;
    private final SendingMember member;
    private final AtomicBoolean told = new AtomicBoolean();
    private volatile String problem = "";

    /** @param onStopped told once, after the group was left */
    Push(
            Outbox outbox,
            CallContext context,
            SubscribeTerms terms,
            Senders senders,
            TargetSender sender,
            int inFlight,
            Consumer<Outcome.Stop> onStopped) {
        this.name = terms.group() + "@" + terms.pattern();
        this.inFlight = inFlight;
        this.onStopped = onStopped;
        this.sending = new Sending(name, sender, senders.clock(), senders.scheduler(), this);
        LaneRule lanes = terms.delivery().ordered() ? LaneRule.BY_KEY : LaneRule.NONE;
        this.member = new SendingMember(outbox, context, terms, lanes, this, senders.scheduler());
    }

    /** Joins, goes on trying, and asks the destination. */
    void keep() {
        member.joinForGood();
        sending.ask();
    }

    /** Joins or fails, and asks the destination then. */
    CompletionStage<Member> join() {
        return member.join().handle((joined, failure) -> {
            if (failure != null) {
                told.set(true);
                close();
                throw EventMeshException.of(failure);
            }
            sending.ask();
            return new Hold(joined);
        });
    }

    /** Whether nothing is sent any more. */
    boolean isStopped() {
        return sending.isStopped();
    }

    /** What keeps the events from being sent, in words; empty for nothing. */
    String problem() {
        return problem.isEmpty() ? sending.problem() : problem;
    }

    @Override
    public CompletionStage<Outcome> send(EventRecord record, int attempt) {
        return sending.send(record, attempt);
    }

    @Override
    public int window() {
        return sending.window(inFlight);
    }

    @Override
    public boolean comesBack(EventMeshException cause) {
        ErrorCode code = cause.code();
        if (code == ErrorCode.SHUTTING_DOWN) {
            told.set(true);
            close();
            return false;
        }
        if (code.retryable() || code == ErrorCode.INTERNAL || code == ErrorCode.VERSION_CONFLICT) {
            return true;
        }
        log.warn("Group is read no more to send its events. group={} code={} error={}", name, code, cause.reason());
        stopped(new Outcome.Stop(code, cause.reason()));
        return false;
    }

    @Override
    public void opened() {
        member.open();
    }

    @Override
    public void stopped(Outcome.Stop why) {
        problem = why.reason();
        close();
        if (told.compareAndSet(false, true)) {
            onStopped.accept(why);
        }
    }

    /** Leaves the group; what is in flight goes back to it. */
    @Override
    public void close() {
        member.close();
        sending.close();
    }

    /** A session's hold: it may leave, all else is the mesh's own business. */
    private final class Hold implements Member {
        private final SubscriptionName subscription;

        Hold(LaneMember joined) {
            this.subscription = joined.subscription();
        }

        @Override
        public SubscriptionName subscription() {
            return subscription;
        }

        @Override
        public void request(int events, long bytes) {}

        @Override
        public void ack(long delivery) {}

        @Override
        public void release(long delivery, Duration delay) {}

        @Override
        public void reject(long delivery, String reason) {}

        @Override
        public void close() {
            told.set(true);
            Push.this.close();
        }
    }
}
