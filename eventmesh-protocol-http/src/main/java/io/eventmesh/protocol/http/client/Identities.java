package io.eventmesh.protocol.http.client;

import io.eventmesh.spi.target.TargetContext;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Calls in somebody's name: adds to each message what the target's credentials prove, and sends it once more when the
 * destination refuses the proof and there is other. Used on the loop.
 */
public final class Identities {
    /** The kinds of credential that prove something over HTTP. */
    public static final Set<String> KINDS = ProofSpec.KINDS;

    private static final int UNAUTHORIZED = 401;
    private static final int PROXY_UNAUTHORIZED = 407;

    private final List<Identity> identities = new ArrayList<>();
    private final Caller caller;
    private final TargetContext context;

    /** @param more names of credentials besides the target's own; empty ones are none */
    public Identities(TargetContext context, Caller caller, String... more) {
        this.context = context;
        this.caller = caller;
        Set<String> names = new LinkedHashSet<>(List.of(context.credential()));
        names.addAll(List.of(more));
        names.stream()
                .filter(name -> !name.isEmpty())
                .forEach(name -> identities.add(new Identity(context, name, caller)));
    }

    /**
     * Makes the call, with all that belongs to it, within the time.
     *
     * <p>Fails as {@link Caller#call} does, and with UNAUTHENTICATED while there is no proof to be had.
     */
    public Future<Answer> call(Message message, Duration timeout) {
        long end = context.clock().nanoTime() + timeout.toNanos();
        Message first = message.again();
        return sent(first, end)
                .compose(answer -> isRefused(answer)
                        ? renewed(first)
                                .compose(other -> other ? sent(message.again(), end) : Future.succeededFuture(answer))
                        : Future.succeededFuture(answer))
                .recover(failure -> Future.failedFuture(Caller.told(message, failure, timeout)));
    }

    private boolean isRefused(Answer answer) {
        return !identities.isEmpty() && (answer.status() == UNAUTHORIZED || answer.status() == PROXY_UNAUTHORIZED);
    }

    private Future<Boolean> renewed(Message refused) {
        Future<Boolean> any = Future.succeededFuture(false);
        for (Identity each : identities) {
            any = any.compose(before -> each.renewed(refused).otherwise(false).map(now -> before || now));
        }
        return any;
    }

    private Future<Answer> sent(Message message, long end) {
        Future<Void> proven = Future.succeededFuture();
        for (Identity each : identities) {
            proven = proven.compose(done -> each.prove(message));
        }
        Future<Void> inTime =
                proven.isComplete() ? proven : proven.timeout(left(end).toMillis(), TimeUnit.MILLISECONDS);
        return inTime.compose(done -> caller.tried(message, left(end)));
    }

    private Duration left(long end) {
        return Duration.ofNanos(Math.max(1_000_000, end - context.clock().nanoTime()));
    }
}
