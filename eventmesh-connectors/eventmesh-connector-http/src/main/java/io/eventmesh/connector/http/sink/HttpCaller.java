package io.eventmesh.connector.http.sink;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.connector.http.HttpLoop;
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
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes HTTP requests, each with a bound on its time, and never follows a redirect. Thread-safe; answers come on the
 * connectors' event loop.
 */
final class HttpCaller implements AutoCloseable {
    private static final int MAX_ANSWER = 64 * 1024;
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int KEEP_ALIVE_SECONDS = 30;

    /** What goes out. */
    record Request(HttpMethod method, String url, MultiMap headers, Buffer body) {}

    /** What came back; of a body that is too long, its beginning. */
    record Answer(int status, MultiMap headers, Buffer body) {}

    private final HttpClientAgent client;
    private final Duration timeout;
    private final AtomicBoolean closed = new AtomicBoolean();

    HttpCaller(Duration timeout, int connections) {
        this.timeout = timeout;
        this.client = HttpLoop.SHARED
                .acquire()
                .createHttpClient(
                        new HttpClientOptions()
                                .setConnectTimeout((int) Math.min(CONNECT_TIMEOUT_MILLIS, timeout.toMillis()))
                                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                                .setTcpNoDelay(true)
                                .setDecompressionSupported(false),
                        new PoolOptions().setHttp1MaxSize(connections).setMaxWaitQueueSize(2 * connections));
    }

    /** Fails with DELIVERY_FAILED when there is no answer. */
    Future<Answer> call(Request request) {
        if (closed.get()) {
            return Future.failedFuture(new EventMeshException(ErrorCode.SHUTTING_DOWN, "closed"));
        }
        AtomicBoolean late = new AtomicBoolean();
        Future<HttpClientRequest> opening = client.request(new RequestOptions()
                .setMethod(request.method())
                .setAbsoluteURI(request.url())
                .setFollowRedirects(false));
        return opening.compose(open -> {
                    if (late.get()) {
                        open.reset();
                        return Future.failedFuture("too late");
                    }
                    open.headers().addAll(request.headers());
                    return open.send(request.body()).compose(HttpCaller::read);
                })
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(failure -> {
                    late.set(true);
                    opening.onSuccess(HttpClientRequest::reset);
                })
                .recover(failure -> Future.failedFuture(unanswered(request.url(), failure)));
    }

    private static Future<Answer> read(HttpClientResponse response) {
        Promise<Answer> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.handler(chunk -> {
            if (body.length() + chunk.length() <= MAX_ANSWER) {
                body.appendBuffer(chunk);
            } else {
                // the status is known, and nobody reads the rest
                whole.tryComplete(new Answer(response.statusCode(), response.headers(), body));
                response.request().reset();
            }
        });
        response.endHandler(end -> whole.tryComplete(new Answer(response.statusCode(), response.headers(), body)));
        response.exceptionHandler(whole::tryFail);
        return whole.future();
    }

    private EventMeshException unanswered(String url, Throwable failure) {
        if (failure instanceof EventMeshException ours) {
            return ours;
        }
        String why = failure instanceof TimeoutException
                ? "no answer within %d ms".formatted(timeout.toMillis())
                : "not reached, " + failure.getClass().getSimpleName();
        return new EventMeshException(ErrorCode.DELIVERY_FAILED, "%s: %s".formatted(where(url), why), failure);
    }

    /** Without path and query, which may hold a token. */
    static String where(String url) {
        URI uri = URI.create(url);
        return "%s://%s".formatted(uri.getScheme(), uri.getAuthority());
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            client.close().onComplete(done -> HttpLoop.SHARED.release());
        }
    }
}
