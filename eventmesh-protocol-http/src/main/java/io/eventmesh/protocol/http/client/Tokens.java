package io.eventmesh.protocol.http.client;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.http.auth.AccessToken;
import io.eventmesh.http.auth.ClientCredentials;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Tokens by the client credentials grant: kept until shortly before they expire, or until a destination refuses one. One
 * request for a token is under way at a time, whoever waits for it; after one that failed there is none for a moment.
 * Used on the loop.
 */
final class Tokens implements Proof {
    private static final Duration WAIT = Duration.ofSeconds(15);
    private static final Duration REST = Duration.ofSeconds(1);
    private static final String HEADER = "authorization";

    private final ClientCredentials client;
    private final Caller caller;
    private final MeshClock clock;
    private @Nullable AccessToken token;
    private long until;
    private @Nullable Future<AccessToken> fetching;
    private @Nullable EventMeshException failure;
    private long restUntil;

    Tokens(ClientCredentials client, Caller caller, MeshClock clock) {
        this.client = client;
        this.caller = caller;
        this.clock = clock;
    }

    @Override
    public Future<Void> prove(Message message) {
        return token().map(granted -> {
            message.headers().set(HEADER, "Bearer " + granted.value().reveal());
            return null;
        });
    }

    @Override
    public boolean renews(Message refused) {
        AccessToken held = token;
        if (held != null
                && ("Bearer " + held.value().reveal()).equals(refused.headers().get(HEADER))) {
            token = null;
        }
        return true;
    }

    private Future<AccessToken> token() {
        long now = clock.nanoTime();
        AccessToken held = token;
        if (held != null && now - until < 0) {
            return Future.succeededFuture(held);
        }
        Future<AccessToken> underWay = fetching;
        if (underWay != null) {
            return underWay;
        }
        EventMeshException last = failure;
        if (last != null && now - restUntil < 0) {
            return Future.failedFuture(last);
        }
        Future<AccessToken> fetched = fetch(now);
        if (!fetched.isComplete()) {
            fetching = fetched;
        }
        return fetched;
    }

    private Future<AccessToken> fetch(long asked) {
        ClientCredentials.TokenRequest request = client.request();
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        request.headers().forEach(headers::set);
        Message message = new Message(HttpMethod.POST, client.tokenUrl(), headers, Buffer.buffer(request.body()), "");
        return caller.call(message, WAIT)
                .map(answer -> client.token(
                        answer.status(),
                        answer.headers().get("Retry-After"),
                        answer.body().getBytes(),
                        clock.instant()))
                .transform(granted -> {
                    fetching = null;
                    if (granted.succeeded()) {
                        token = granted.result();
                        until = asked + granted.result().use().toNanos();
                        failure = null;
                        return Future.succeededFuture(granted.result());
                    }
                    EventMeshException why = refusal(EventMeshException.of(granted.cause()));
                    failure = why;
                    restUntil = clock.nanoTime()
                            + (why.retryAfter().compareTo(REST) > 0 ? why.retryAfter() : REST).toNanos();
                    return Future.failedFuture(why);
                });
    }

    /** An address that must not be called stays one; everything else is a proof that could not be had. */
    private static EventMeshException refusal(EventMeshException why) {
        return why.code() == ErrorCode.PERMISSION_DENIED
                ? why
                : new EventMeshException(
                        ErrorCode.UNAUTHENTICATED, "credential: no token, " + why.reason(), why.retryAfter());
    }
}
