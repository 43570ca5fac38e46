package io.eventmesh.protocol.http.webhook;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.http.HttpOutcomes;
import io.eventmesh.protocol.http.client.Answer;
import io.eventmesh.protocol.http.client.Caller;
import io.eventmesh.protocol.http.client.Identities;
import io.eventmesh.protocol.http.client.Message;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Attempt;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.SendTerms;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Posts events to one URL, each request with a bound on its time and with the proof of who sends it.
 *
 * <p>What an answer means is {@link HttpOutcomes}' matter; no answer is one to come again, as is proof that cannot be had
 * for now. An address that must not be called stops the target, since no event could ever get there.
 */
final class WebhookSender implements TargetSender {
    private static final String ORIGIN = "WebHook-Request-Origin";
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;
    private static final int TOO_MANY = 429;
    /** Refusals of whoever sends, and not of what is sent. */
    private static final Set<Integer> NOT_THE_EVENTS = Set.of(401, 403, 405, 407);

    /**
     * What became of a request.
     *
     * @param isForAnEvent whether an event of it was refused for good, and others of it might not be
     */
    private record Posted(Outcome outcome, boolean isForAnEvent) {
        static Posted of(Outcome outcome) {
            return new Posted(outcome, false);
        }
    }

    private final WebhookSpec spec;
    private final TargetContext context;
    private final Duration timeout;
    private final Caller caller;
    private final Identities identities;
    private volatile int allowedPerMinute;

    WebhookSender(WebhookSpec spec, TargetContext context) {
        this.spec = spec;
        this.context = context;
        SendTerms terms = context.terms();
        this.timeout = timeout(spec, context);
        this.caller = new Caller(context.environment().addresses(), terms.maxInFlight(), Caller.MAX_ANSWER);
        this.identities = new Identities(context, caller, spec.signing());
    }

    /** What is said nowhere is the default's; a target's policy bounds what its specification says. */
    private static Duration timeout(WebhookSpec spec, TargetContext context) {
        Duration policy = context.terms().timeout();
        Duration own = Objects.requireNonNullElse(spec.timeout(), policy);
        return context.name().isEmpty() || own.compareTo(policy) < 0 ? own : policy;
    }

    @Override
    public CompletionStage<Outcome> prepare() {
        if (!spec.handshake()) {
            return outcome(() -> caller.check(spec.url()).map(may -> (Outcome) new Outcome.Done()), Function.identity())
                    .thenApply(found -> found instanceof Outcome.Again ? new Outcome.Done() : found);
        }
        Message question =
                message(HttpMethod.OPTIONS, new Content(MultiMap.caseInsensitiveMultiMap(), Buffer.buffer()), "");
        if (spec.ratePerMinute() > 0) {
            question.headers().set("WebHook-Request-Rate", Integer.toString(spec.ratePerMinute()));
        }
        return outcome(() -> identities.call(question, timeout).map(this::consent), Function.identity());
    }

    /** The status is no sign of consent, says the specification, §4.2; a server's failure is none of refusal either. */
    private Outcome consent(Answer answer) {
        String allowed = answer.headers().get("WebHook-Allowed-Origin");
        if (allowed == null && (answer.status() >= 500 || answer.status() == TOO_MANY)) {
            return judged(answer);
        }
        if (allowed == null || !(allowed.equals("*") || allowed.equalsIgnoreCase(origin()))) {
            return new Outcome.Stop(
                    ErrorCode.PERMISSION_DENIED,
                    "OPTIONS %s: HTTP status %d, WebHook-Allowed-Origin: '%s' (expected: %s or *; \"handshake\": \"skip\" does not ask)"
                            .formatted(
                                    Caller.where(spec.url()),
                                    answer.status(),
                                    Objects.requireNonNullElse(allowed, ""),
                                    origin()));
        }
        String rate = answer.headers().get("WebHook-Allowed-Rate");
        allowedPerMinute = rate != null && rate.strip().matches("[1-9]\\d{0,8}")
                ? Integer.parseInt(rate.strip())
                : spec.ratePerMinute();
        return new Outcome.Done();
    }

    @Override
    public int allowedPerMinute() {
        return allowedPerMinute;
    }

    @Override
    public int maxBatch() {
        return spec.format() == WebhookSpec.Format.BATCH ? context.terms().batchEvents() : 1;
    }

    @Override
    public CompletionStage<Outcome> send(EventRecord record, int attempt) {
        return post(List.of(new Attempt(record, attempt))).thenApply(Posted::outcome);
    }

    @Override
    public CompletionStage<List<Outcome>> send(List<Attempt> batch) {
        if (batch.size() <= 1 || maxBatch() == 1) {
            return TargetSender.super.send(batch);
        }
        return post(batch)
                .thenCompose(posted -> posted.isForAnEvent()
                        ? TargetSender.super.send(batch)
                        : CompletableFuture.completedStage(Collections.nCopies(batch.size(), posted.outcome())));
    }

    /** One request with all of the events. */
    private CompletionStage<Posted> post(List<Attempt> events) {
        Message message;
        try {
            message = message(
                    HttpMethod.POST,
                    spec.format().content(events, context.runtimeId(), spec.sync()),
                    MessageIds.of(context.name(), events));
        } catch (EventMeshException unfit) {
            return CompletableFuture.completedStage(new Posted(new Outcome.Never(unfit.code(), unfit.reason()), true));
        }
        int attempt = events.stream().mapToInt(Attempt::number).max().orElse(1);
        message.headers().set("EventMesh-Attempt", Integer.toString(attempt));
        mark(message.headers(), events);
        return outcome(() -> identities.call(message, timeout).map(this::posted), Posted::of);
    }

    /** Says what brought the events here. */
    private void mark(MultiMap headers, List<Attempt> events) {
        EventRecord first = events.get(0).record();
        String target = events.size() == 1 && first.target() != null ? first.target() : context.name();
        if (!target.isEmpty()) {
            headers.set("EventMesh-Target", target);
        }
        if (events.size() == 1 && !first.topic().isReserved()) {
            headers.set("EventMesh-Topic", first.topic().value());
        }
    }

    private Message message(HttpMethod method, Content content, String id) {
        MultiMap headers = content.headers().addAll(spec.headers());
        if (spec.handshake()) {
            headers.set(ORIGIN, origin());
        }
        return new Message(method, spec.url(), headers, content.body(), id);
    }

    private Posted posted(Answer answer) {
        Outcome outcome = spec.format() == WebhookSpec.Format.EVENTMESH && answer.status() == OK
                ? EventMeshForm.outcome(answer.body())
                : judged(answer);
        return new Posted(outcome, isForAnEvent(outcome, answer.status()));
    }

    private static boolean isForAnEvent(Outcome outcome, int status) {
        return outcome instanceof Outcome.Never && status >= BAD_REQUEST && !NOT_THE_EVENTS.contains(status);
    }

    private Outcome judged(Answer answer) {
        SendTerms terms = context.terms();
        return HttpOutcomes.of(
                answer.status(),
                answer.headers().get("Retry-After"),
                context.clock().instant(),
                terms.retryOn(),
                terms.retryAfterMax());
    }

    private String origin() {
        return Objects.requireNonNullElse(spec.origin(), context.runtimeId());
    }

    /** What becomes of a call that may fail. */
    private <T> CompletionStage<T> outcome(Supplier<Future<T>> call, Function<Outcome, T> failed) {
        return caller.onLoop(call)
                .otherwise(failure -> failed.apply(outcome(EventMeshException.of(failure))))
                .toCompletionStage();
    }

    private static Outcome outcome(EventMeshException failure) {
        return failure.code() == ErrorCode.PERMISSION_DENIED
                ? new Outcome.Stop(failure.code(), failure.reason())
                : new Outcome.Again(failure.code(), failure.reason(), failure.retryAfter());
    }

    @Override
    public void close() {
        caller.close();
    }
}
