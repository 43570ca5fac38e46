package io.eventmesh.admin.rest;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Authenticator;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Passes writes on to the leading admin, as they came, in the name of who sent them.
 *
 * <p>The leader believes the name because the request bears the cluster key. A request that was passed on once is not
 * passed on again. On the event loop; does not block. Ends with its Vert.x.
 */
final class Forward {
    private static final int CONNECT_MILLIS = 3_000;
    private static final long ANSWER_MILLIS = 30_000;
    private static final int AT_ONCE = 16;
    private static final int WAITING = 256;
    /** What says something between two processes only, or is said anew. */
    private static final Set<String> OWN = Set.of(
            "host",
            "connection",
            "content-length",
            "transfer-encoding",
            "upgrade",
            "keep-alive",
            "te",
            "expect",
            "authorization",
            "x-request-id",
            Authenticator.CLUSTER_KEY_HEADER,
            Authenticator.RUNTIME_HEADER,
            Call.FORWARDED);

    private static final List<String> ANSWERED = List.of("ETag", "Location", "Retry-After", "Idempotency-Replayed");

    private final RoleContext context;
    private final HttpClient client;

    Forward(Vertx vertx, RoleContext context) {
        this.context = context;
        this.client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setConnectTimeout(CONNECT_MILLIS)
                        .setIdleTimeoutUnit(TimeUnit.SECONDS)
                        .setIdleTimeout(60),
                new PoolOptions().setHttp1MaxSize(AT_ONCE).setMaxWaitQueueSize(WAITING));
    }

    /**
     * The leader's answer, whatever it is. Fails with META_UNAVAILABLE when the leader is not reached, and with
     * DEADLINE_EXCEEDED when it was reached and whether it did what was asked is not known.
     */
    Future<Answer> send(String leader, Call call) {
        RequestOptions options =
                new RequestOptions().setAbsoluteURI(leader + call.uri()).setMethod(HttpMethod.valueOf(call.method()));
        return client.request(options)
                .recover(failure -> Future.failedFuture(new EventMeshException(
                        ErrorCode.META_UNAVAILABLE,
                        "leading admin: %s not reached (expected: an answer)".formatted(leader),
                        failure)))
                .compose(request -> answered(leader, call, request));
    }

    private Future<Answer> answered(String leader, Call call, HttpClientRequest request) {
        call.headers().forEach((name, value) -> {
            if (!OWN.contains(name)) {
                request.putHeader(name, value);
            }
        });
        request.putHeader("X-Request-Id", call.requestId());
        request.putHeader(Authenticator.CLUSTER_KEY_HEADER, context.clusterKey().reveal());
        request.putHeader(Authenticator.RUNTIME_HEADER, context.runtimeId());
        request.putHeader(
                Call.FORWARDED,
                call.principal().kind() + ";" + call.remote() + ";"
                        + call.principal().name());
        return request.idleTimeout(ANSWER_MILLIS)
                .send(Buffer.buffer(call.body()))
                .compose(response -> response.body().map(body -> answer(response, body)))
                .recover(failure -> Future.failedFuture(new EventMeshException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        "leading admin: no answer of %s, whether it was done is not known (expected: within %d s)"
                                .formatted(leader, TimeUnit.MILLISECONDS.toSeconds(ANSWER_MILLIS)),
                        failure)));
    }

    private static Answer answer(HttpClientResponse response, Buffer body) {
        Map<String, String> headers = new LinkedHashMap<>();
        for (String name : ANSWERED) {
            String value = response.getHeader(name);
            if (value != null) {
                headers.put(name, value);
            }
        }
        String type = response.getHeader("Content-Type");
        return new Answer(response.statusCode(), type == null ? "" : type, body.toString(), headers);
    }
}
