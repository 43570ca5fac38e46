package io.eventmesh.protocol.http.webhook;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.http.HttpOutcomes;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetSender;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Posts events to one URL, each with a bound on its time, and never follows a redirect. A pool of connections of its own
 * keeps a destination that hangs from holding another one up.
 */
final class WebhookSender implements TargetSender {
    private static final int CONNECTIONS = 16;
    private static final int MAX_WAITING = 4_096;
    private static final int MAX_ANSWER = 64 * 1024;
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int KEEP_ALIVE_SECONDS = 30;

    /** What came back. */
    private record Answer(int status, MultiMap headers, Buffer body) {}

    private final WebhookSpec spec;
    private final TargetContext context;
    private final HttpClientAgent client;
    private final AtomicBoolean closed = new AtomicBoolean();
    private volatile int allowedPerMinute;

    WebhookSender(WebhookSpec spec, TargetContext context) {
        this.spec = spec;
        this.context = context;
        this.client = HttpLoop.SHARED
                .acquire()
                .createHttpClient(
                        new HttpClientOptions()
                                .setConnectTimeout((int) Math.min(
                                        CONNECT_TIMEOUT_MILLIS, spec.timeout().toMillis()))
                                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                                .setTcpNoDelay(true)
                                .setDecompressionSupported(false),
                        new PoolOptions().setHttp1MaxSize(CONNECTIONS).setMaxWaitQueueSize(MAX_WAITING));
    }

    @Override
    public CompletionStage<Outcome> prepare() {
        if (!spec.handshake()) {
            return CompletableFuture.completedStage(new Outcome.Done());
        }
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        headers.addAll(spec.headers());
        headers.set("WebHook-Request-Origin", origin());
        if (spec.ratePerMinute() > 0) {
            headers.set("WebHook-Request-Rate", Integer.toString(spec.ratePerMinute()));
        }
        return outcome(call(HttpMethod.OPTIONS, new Content(headers, Buffer.buffer())), this::consent);
    }

    /** The status is no sign of consent, says the specification, §4.2; a server's failure is none of refusal either. */
    private Outcome consent(Answer answer) {
        String allowed = answer.headers().get("WebHook-Allowed-Origin");
        if (allowed == null && (answer.status() >= 500 || answer.status() == 429)) {
            return HttpOutcomes.of(
                    answer.status(),
                    answer.headers().get("Retry-After"),
                    context.clock().instant());
        }
        if (allowed == null || !(allowed.equals("*") || allowed.equalsIgnoreCase(origin()))) {
            return new Outcome.Stop(
                    ErrorCode.PERMISSION_DENIED,
                    "OPTIONS %s: WebHook-Allowed-Origin: '%s' (expected: %s or *; \"handshake\": \"skip\" does not ask)"
                            .formatted(where(), Objects.requireNonNullElse(allowed, ""), origin()));
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
    public CompletionStage<Outcome> send(EventRecord record, int attempt) {
        Content content;
        try {
            content = switch (spec.format()) {
                case BINARY -> CloudEventForm.binary(record);
                case STRUCTURED -> CloudEventForm.structured(record);
                case EVENTMESH -> EventMeshForm.content(record, context.runtimeId(), spec.sync());
            };
        } catch (EventMeshException unfit) {
            return CompletableFuture.completedStage(new Outcome.Never(unfit.code(), unfit.reason()));
        }
        content.headers().addAll(spec.headers());
        content.headers().set("EventMesh-Topic", record.topic().value());
        content.headers().set("EventMesh-Attempt", Integer.toString(attempt));
        if (spec.handshake()) {
            content.headers().set("WebHook-Request-Origin", origin());
        }
        return outcome(call(HttpMethod.POST, content), this::settled);
    }

    private Outcome settled(Answer answer) {
        if (spec.format() == WebhookSpec.Format.EVENTMESH && answer.status() == 200) {
            return EventMeshForm.outcome(answer.body());
        }
        return HttpOutcomes.of(
                answer.status(),
                answer.headers().get("Retry-After"),
                context.clock().instant());
    }

    private String origin() {
        return Objects.requireNonNullElse(spec.origin(), context.runtimeId());
    }

    private Future<Answer> call(HttpMethod method, Content content) {
        AtomicBoolean late = new AtomicBoolean();
        Future<HttpClientRequest> opening = client.request(new RequestOptions()
                .setMethod(method)
                .setAbsoluteURI(spec.url().toString())
                .setFollowRedirects(false));
        return opening.compose(request -> {
                    if (late.get()) {
                        request.reset();
                        return Future.failedFuture("too late");
                    }
                    request.headers().addAll(content.headers());
                    return request.send(content.body()).compose(WebhookSender::read);
                })
                .timeout(spec.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(failure -> {
                    late.set(true);
                    opening.onSuccess(HttpClientRequest::reset);
                });
    }

    private static Future<Answer> read(HttpClientResponse response) {
        Promise<Answer> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(chunk -> {
            body.appendBuffer(chunk);
            if (body.length() > MAX_ANSWER) {
                response.request().reset();
                whole.tryFail("answer: more than %d bytes".formatted(MAX_ANSWER));
            }
        });
        response.endHandler(end -> whole.tryComplete(new Answer(response.statusCode(), response.headers(), body)));
        response.exceptionHandler(whole::tryFail);
        return whole.future();
    }

    private interface Judgement {
        Outcome of(Answer answer);
    }

    private CompletionStage<Outcome> outcome(Future<Answer> call, Judgement judgement) {
        CompletableFuture<Outcome> outcome = new CompletableFuture<>();
        call.onComplete(result ->
                outcome.complete(result.succeeded() ? judgement.of(result.result()) : failed(result.cause())));
        return outcome;
    }

    private Outcome failed(@Nullable Throwable failure) {
        if (failure instanceof TimeoutException) {
            return new Outcome.Again(
                    ErrorCode.DELIVERY_FAILED,
                    "%s: no answer within %d ms"
                            .formatted(where(), spec.timeout().toMillis()),
                    Duration.ZERO);
        }
        String why = failure == null ? "failed" : failure.getClass().getSimpleName();
        return new Outcome.Again(
                ErrorCode.DELIVERY_FAILED, "%s: not reached, %s".formatted(where(), why), Duration.ZERO);
    }

    /** Without path and query, which may hold a token. */
    private String where() {
        return "%s://%s".formatted(spec.url().getScheme(), spec.url().getAuthority());
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            client.close().onComplete(done -> HttpLoop.SHARED.release());
        }
    }
}
