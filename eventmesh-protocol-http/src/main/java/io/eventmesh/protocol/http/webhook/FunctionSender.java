package io.eventmesh.protocol.http.webhook;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.http.HttpOutcomes;
import io.eventmesh.protocol.http.client.Answer;
import io.eventmesh.protocol.http.client.Caller;
import io.eventmesh.protocol.http.client.Identities;
import io.eventmesh.protocol.http.client.Message;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.SendTerms;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Calls a function with an event and publishes the events of its answer, which carry on the hops of the event that they
 * come from. Done when all of them are stored: a call that is made again may give events again, with the ids that they
 * had unless the function gives them others.
 *
 * <p>What an answer's status means is {@link HttpOutcomes}' matter. An answer whose content cannot be read is the event's
 * failure for good, one that broke off in the middle is asked for again.
 */
final class FunctionSender implements TargetSender {
    /** Bytes of an answer's content. */
    static final int MAX_ANSWER = 1 << 20;

    private static final char BEFORE_PAST = ';';

    private final FunctionSpec spec;
    private final TargetContext context;
    private final Duration timeout;
    private final Caller caller;
    private final Identities identities;
    private final CallContext publishing;
    private final String source;

    FunctionSender(FunctionSpec spec, TargetContext context) {
        this.spec = spec;
        this.context = context;
        SendTerms terms = context.terms();
        this.timeout = Objects.requireNonNullElse(spec.timeout(), terms.timeout());
        this.caller = new Caller(context.environment().addresses(), terms.maxInFlight(), MAX_ANSWER);
        this.identities = new Identities(context, caller, spec.signing());
        // one connection for each topic, so that events without a key keep their order
        this.publishing = new CallContext(
                Principal.runtime("target"),
                context.namespace(),
                "function",
                spec.topic().hashCode(),
                0,
                null,
                null);
        this.source = "/functions/%s/%s"
                .formatted(context.namespace(), context.name())
                .replace("%", "%25");
    }

    @Override
    public CompletionStage<Outcome> prepare() {
        return caller.onLoop(() -> caller.check(spec.url()).map(may -> (Outcome) new Outcome.Done()))
                .otherwise(FunctionSender::failed)
                .map(found -> found instanceof Outcome.Again ? new Outcome.Done() : found)
                .toCompletionStage();
    }

    @Override
    public CompletionStage<Outcome> send(EventRecord record, int attempt) {
        Message message;
        try {
            message = message(record, attempt);
        } catch (EventMeshException unfit) {
            return CompletableFuture.completedStage(new Outcome.Never(unfit.code(), unfit.reason()));
        }
        return caller.onLoop(() -> identities.call(message, timeout).compose(answer -> answered(answer, record)))
                .otherwise(FunctionSender::failed)
                .toCompletionStage();
    }

    private Message message(EventRecord record, int attempt) {
        Content content = spec.content(record);
        MultiMap headers = content.headers().addAll(spec.headers());
        headers.set("EventMesh-Attempt", Integer.toString(attempt));
        if (!context.name().isEmpty()) {
            headers.set("EventMesh-Target", context.name());
        }
        String id = MessageIds.of(context.name(), List.of(new Attempt(record, attempt)));
        return new Message(HttpMethod.POST, spec.url(), headers, content.body(), id);
    }

    private Future<Outcome> answered(Answer answer, EventRecord record) {
        SendTerms terms = context.terms();
        Outcome outcome = HttpOutcomes.of(
                answer.status(),
                answer.headers().get("Retry-After"),
                context.clock().instant(),
                terms.retryOn(),
                terms.retryAfterMax());
        if (!(outcome instanceof Outcome.Done)) {
            return Future.succeededFuture(outcome);
        }
        if (!answer.whole()) {
            return Future.succeededFuture(
                    answer.body().length() < MAX_ANSWER
                            ? new Outcome.Again(
                                    ErrorCode.DELIVERY_FAILED, "the answer broke off in its content", Duration.ZERO)
                            : new Outcome.Never(
                                    ErrorCode.EVENT_TOO_LARGE,
                                    "answer: more than %d bytes (expected: at most that)".formatted(MAX_ANSWER)));
        }
        List<Event> events;
        try {
            events = FunctionAnswer.events(answer, new FunctionAnswer.Naming(source, context.name(), record.event()));
        } catch (EventMeshException unreadable) {
            return Future.succeededFuture(new Outcome.Never(unreadable.code(), "answer: " + unreadable.reason()));
        }
        return events.isEmpty() ? Future.succeededFuture(outcome) : published(events, record);
    }

    private Future<Outcome> published(List<Event> events, EventRecord record) {
        String header = fresh(record.target());
        List<Outgoing> outgoing = events.stream()
                .map(event -> new Outgoing(spec.topic(), event, header, record.hops()))
                .toList();
        CompletableFuture<?>[] stored = context.mesh().publish(publishing, outgoing).stream()
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new);
        return Future.fromCompletionStage(CompletableFuture.allOf(stored))
                .timeout(Math.max(1, timeout.toMillis()), TimeUnit.MILLISECONDS)
                .map(all -> (Outcome) new Outcome.Done())
                .otherwise(failure -> refused(stored));
    }

    /** A refusal for good counts only when none of the events is to come again. */
    private static Outcome refused(CompletableFuture<?>[] stored) {
        Outcome refused = new Outcome.Again(ErrorCode.DEADLINE_EXCEEDED, "answer: not stored in time", Duration.ZERO);
        for (CompletableFuture<?> each : stored) {
            if (!each.isDone()) {
                return new Outcome.Again(ErrorCode.DEADLINE_EXCEEDED, "answer: not stored in time", Duration.ZERO);
            }
            if (!each.isCompletedExceptionally()) {
                continue;
            }
            EventMeshException why = EventMeshException.of(failure(each));
            boolean never = why.code().retry() == ErrorCode.Retry.NO && why.code() != ErrorCode.INTERNAL;
            if (!never) {
                return new Outcome.Again(why.code(), "answer: " + why.reason(), why.retryAfter());
            }
            refused = new Outcome.Never(why.code(), "answer: " + why.reason());
        }
        return refused;
    }

    private static Throwable failure(CompletableFuture<?> failed) {
        return failed.handle((nothing, failure) -> failure).getNow(new IllegalStateException("not failed"));
    }

    /** The header without what the lane keeps behind the target's name. */
    private static @Nullable String fresh(@Nullable String header) {
        int past = header == null ? -1 : header.indexOf(BEFORE_PAST);
        return header == null || past < 0 ? header : header.substring(0, past);
    }

    private static Outcome failed(Throwable failure) {
        EventMeshException why = EventMeshException.of(failure);
        return why.code() == ErrorCode.PERMISSION_DENIED
                ? new Outcome.Stop(why.code(), why.reason())
                : new Outcome.Again(why.code(), why.reason(), why.retryAfter());
    }

    @Override
    public void close() {
        caller.close();
    }
}
