package io.eventmesh.connector.http.source;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.connector.http.HttpLoop;
import io.eventmesh.spi.event.Event;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP side of a webhook source: one path, POST for deliveries, OPTIONS for consent.
 *
 * <p>Requests are served on an event loop of its own; start and close are called by the task's threads.
 */
final class WebhookServer {
    /** Takes what was verified and read, on the event loop, without waiting. */
    interface Intake {
        /** Null when the delivery is taken and will be answered, or why it is not. */
        @Nullable
        EventMeshException offer(Delivery delivery);
    }

    private static final Logger log = LoggerFactory.getLogger(WebhookServer.class);
    private static final Duration START_LIMIT = Duration.ofSeconds(10);
    private static final Duration CLOSE_LIMIT = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofMinutes(1);

    private final WebhookSourceConfig config;
    private final WebhookEvents events;
    private final Intake intake;
    private final Verifier verifier;
    private final Handshake handshake;
    private final Set<Delivery> unanswered = ConcurrentHashMap.newKeySet();
    private final RequestBody.Budget budget = new RequestBody.Budget();
    private @Nullable HttpServer server;
    private @Nullable Vertx vertx;
    private boolean closed;

    WebhookServer(WebhookSourceConfig config, MeshClock clock, WebhookEvents events, Intake intake) {
        this.config = config;
        this.events = events;
        this.intake = intake;
        this.verifier = Verifier.of(config.verification(), clock);
        this.handshake = new Handshake(config.handshake());
    }

    /** Binds, and tells the port. */
    synchronized int start() throws IOException, InterruptedException {
        if (closed) {
            throw new IOException("closed");
        }
        Vertx loop = HttpLoop.own();
        vertx = loop;
        HttpServer made = loop.createHttpServer(new HttpServerOptions()
                        .setHost(config.host())
                        .setPort(config.port())
                        .setTcpNoDelay(true)
                        // a sender that waits for its answer is not idle
                        .setIdleTimeout((int) config.answerTimeout().plus(IDLE).toSeconds())
                        .setHandle100ContinueAutomatically(true)
                        .setHttp2ClearTextEnabled(false))
                .requestHandler(this::serve);
        server = made;
        try {
            HttpLoop.await("listening", made.listen(), START_LIMIT);
            return made.actualPort();
        } catch (ExecutionException failure) {
            // taken perhaps by the last owner of this task, who is about to end: tried again
            throw new IOException(
                    "port: %d on %s could not be bound (expected: a free port; of several tasks, each on a runtime of its own)"
                            .formatted(config.port(), config.host()),
                    failure.getCause());
        }
    }

    synchronized int port() {
        if (server == null) {
            throw new IllegalStateException("not started");
        }
        return server.actualPort();
    }

    /** Answers whoever waits, and frees the port. */
    void close() {
        HttpServer bound;
        Vertx loop;
        synchronized (this) {
            closed = true;
            bound = server;
            loop = vertx;
            vertx = null;
        }
        unanswered.forEach(each -> each.answer(WebhookSource.leaving()));
        if (bound == null || loop == null) {
            return;
        }
        try {
            HttpLoop.await(
                    "closing",
                    bound.shutdown(CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS),
                    CLOSE_LIMIT.plusMillis(500));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | EventMeshException failure) {
            log.debug("Webhook source not closed in order. error={}", failure.toString());
        } finally {
            loop.close();
        }
    }

    private void serve(HttpServerRequest request) {
        if (!config.path().equals(request.path())) {
            refuse(request, 404, new EventMeshException(ErrorCode.NOT_FOUND, "path: not served here"));
        } else if (request.method().equals(HttpMethod.OPTIONS)) {
            handshake.answer(new WebhookRequest(request.headers(), new byte[0]), request.response()::putHeader);
            request.response().setStatusCode(200).end();
        } else if (!request.method().equals(HttpMethod.POST)) {
            request.response().putHeader("Allow", "POST, OPTIONS");
            refuse(
                    request,
                    405,
                    new EventMeshException(
                            ErrorCode.REQUEST_INVALID,
                            "method: %s (expected: POST or OPTIONS)".formatted(request.method())));
        } else if (request.getHeader("content-encoding") != null) {
            refuse(
                    request,
                    415,
                    new EventMeshException(
                            ErrorCode.REQUEST_INVALID, "header content-encoding: given (expected: a plain body)"));
        } else {
            RequestBody.read(
                    Vertx.currentContext().owner(),
                    request,
                    config.maxBody().bytes(),
                    budget,
                    body -> guarded(request, new WebhookRequest(request.headers(), body)),
                    this::refuse);
        }
    }

    /** Whatever happens, the sender gets an answer. */
    private void guarded(HttpServerRequest request, WebhookRequest given) {
        try {
            take(request, given);
        } catch (RuntimeException defect) {
            log.warn("Webhook request failed. port={}", config.port(), defect);
            refuse(request, 500, new EventMeshException(ErrorCode.INTERNAL, "the request could not be read"));
        }
    }

    private void take(HttpServerRequest request, WebhookRequest given) {
        String unverified = verifier.refusal(given);
        if (unverified != null) {
            refuse(request, 401, new EventMeshException(ErrorCode.UNAUTHENTICATED, unverified));
            return;
        }
        if (handshake.refuses(given)) {
            refuse(
                    request,
                    403,
                    new EventMeshException(
                            ErrorCode.PERMISSION_DENIED,
                            "header webhook-request-origin: none that is consented to (expected: one that OPTIONS allows)"));
            return;
        }
        List<Event> read;
        try {
            read = events.of(given);
        } catch (EventMeshException malformed) {
            refuse(request, 400, malformed);
            return;
        }
        if (read.isEmpty()) {
            request.response().setStatusCode(202).end();
            return;
        }
        enqueue(request, read);
    }

    private void enqueue(HttpServerRequest request, List<Event> read) {
        Context loop = Vertx.currentContext();
        Delivery delivery = new Delivery(read, refusal -> loop.runOnContext(ignored -> answer(request, refusal)));
        unanswered.add(delivery);
        long timer = loop.owner()
                .setTimer(
                        config.answerTimeout().toMillis(),
                        late -> delivery.answer(new EventMeshException(
                                ErrorCode.OVERLOADED,
                                "the mesh has not stored the event in time",
                                Duration.ofSeconds(5))));
        Runnable over = () -> {
            loop.owner().cancelTimer(timer);
            unanswered.remove(delivery);
        };
        request.response().endHandler(done -> over.run());
        request.response().closeHandler(gone -> {
            // nobody waits any more, and it comes again
            delivery.answer(null);
            over.run();
        });
        EventMeshException refusal = intake.offer(delivery);
        if (refusal != null) {
            delivery.answer(refusal);
        }
    }

    private void answer(HttpServerRequest request, @Nullable EventMeshException refusal) {
        if (refusal == null) {
            if (!request.response().ended() && !request.response().closed()) {
                request.response().setStatusCode(202).end();
            }
        } else {
            refuse(request, status(refusal), refusal);
        }
    }

    /** What the mesh says of an event, as a status. */
    private static int status(EventMeshException refusal) {
        return switch (refusal.code()) {
            case EVENT_TOO_LARGE -> 413;
            case RATE_LIMITED, QUOTA_EXCEEDED -> 429;
            default -> refusal.retryable() ? 503 : 422;
        };
    }

    private void refuse(HttpServerRequest request, int status, EventMeshException refusal) {
        HttpServerResponse response = request.response();
        if (response.ended() || response.closed()) {
            return;
        }
        if (status == 503 || status == 429) {
            response.putHeader(
                    "Retry-After",
                    Long.toString(Math.max(1, refusal.retryAfter().toSeconds())));
        }
        if (!request.isEnded()) {
            // what still comes of the body is not read
            response.putHeader("Connection", "close");
        }
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/problem+json")
                .end(Problem.json(status, refusal));
    }
}
