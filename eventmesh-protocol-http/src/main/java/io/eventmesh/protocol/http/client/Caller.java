package io.eventmesh.protocol.http.client;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.net.CallableAddresses;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.PoolOptions;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * Makes the HTTP calls of one target, each with a bound on its time, and never follows a redirect. A pool of connections
 * of its own keeps a destination that hangs from holding another one up. Thread-safe; results come on the loop.
 */
public final class Caller implements AutoCloseable {
    /** Bytes of an answer's body that are read. */
    public static final int MAX_ANSWER = 64 * 1024;

    private static final int MAX_CONNECTIONS = 64;
    private static final int CONNECT_TIMEOUT_MILLIS = 5_000;
    private static final int KEEP_ALIVE_SECONDS = 30;

    private final Context loop;
    private final Runnable release;
    private final HttpClientAgent client;
    private final Addresses addresses;
    private final int maxAnswer;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * @param maxInFlight calls at a time, as far as its user bounds them
     * @param maxAnswer bytes of an answer's body that are read
     */
    public Caller(CallableAddresses callable, int maxInFlight, int maxAnswer) {
        this(HttpLoop.SHARED.acquire(), HttpLoop.SHARED::release, callable, maxInFlight, maxAnswer);
    }

    /** @param release the loop, once nothing runs on it for this one */
    Caller(Context loop, Runnable release, CallableAddresses callable, int maxInFlight, int maxAnswer) {
        this.loop = loop;
        this.release = release;
        this.addresses = new Addresses(loop, callable);
        this.maxAnswer = maxAnswer;
        this.client = loop.owner()
                .createHttpClient(
                        new HttpClientOptions()
                                .setConnectTimeout(CONNECT_TIMEOUT_MILLIS)
                                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                                .setTcpNoDelay(true)
                                .setDecompressionSupported(false),
                        new PoolOptions()
                                .setHttp1MaxSize(Math.min(MAX_CONNECTIONS, maxInFlight))
                                .setMaxWaitQueueSize(4 * maxInFlight));
    }

    /** Runs on the loop what then goes on there; a failure on the way is one of the result. */
    public <T> Future<T> onLoop(Supplier<Future<T>> work) {
        Promise<T> result = Promise.promise();
        loop.runOnContext(now -> {
            try {
                work.get().onComplete(result);
            } catch (RuntimeException failure) {
                result.fail(failure);
            }
        });
        return result.future();
    }

    Context loop() {
        return loop;
    }

    /** Whether the host of the URL may be called; fails as {@link #call} does. On the loop. */
    public Future<Void> check(String url) {
        URI uri = URI.create(url);
        return addresses.of(uri.getHost(), port(uri)).mapEmpty();
    }

    /**
     * Makes a call; what an answer means is its caller's business. On the loop.
     *
     * <p>Fails with DELIVERY_FAILED when there is no answer, OVERLOADED when too many calls wait, PERMISSION_DENIED when
     * the host's address must not be called.
     */
    public Future<Answer> call(Message message, Duration timeout) {
        return tried(message, timeout).recover(failure -> Future.failedFuture(told(message, failure, timeout)));
    }

    /** As {@link #call}, with failures as they come. */
    Future<Answer> tried(Message message, Duration timeout) {
        return closed.get()
                ? Future.failedFuture(new EventMeshException(ErrorCode.SHUTTING_DOWN, "closed"))
                : new Call(loop, client, addresses, message, maxAnswer).start(timeout);
    }

    /** The failure in words. */
    static EventMeshException told(Message message, Throwable thrown, Duration timeout) {
        Throwable cause = thrown.getCause();
        Throwable failure = thrown instanceof CompletionException && cause != null ? cause : thrown;
        if (failure instanceof EventMeshException ours) {
            return ours;
        }
        String why = failure instanceof TimeoutException
                ? "no answer within %d ms".formatted(timeout.toMillis())
                : "not reached, " + failure.getClass().getSimpleName();
        ErrorCode code =
                failure instanceof ConnectionPoolTooBusyException ? ErrorCode.OVERLOADED : ErrorCode.DELIVERY_FAILED;
        return new EventMeshException(code, "%s: %s".formatted(where(message.url()), why), failure);
    }

    static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
    }

    /** Without path and query, which may hold a token. */
    public static String where(String url) {
        URI uri = URI.create(url);
        return "%s://%s".formatted(uri.getScheme(), uri.getAuthority());
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            client.close().onComplete(done -> release.run());
        }
    }
}
