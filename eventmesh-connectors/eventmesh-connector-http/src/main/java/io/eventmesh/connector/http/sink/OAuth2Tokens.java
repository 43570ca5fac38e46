package io.eventmesh.connector.http.sink;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.connector.http.HttpLoop;
import io.eventmesh.connector.http.sink.HttpCaller.Answer;
import io.eventmesh.http.auth.AccessToken;
import io.eventmesh.http.auth.ClientCredentials;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Tokens by the client credentials grant: kept until shortly before they expire, or until a destination refuses one.
 * Used by one thread, so that one request for a token is under way at most.
 */
final class OAuth2Tokens implements Authorization {
    private static final Duration WAIT = Duration.ofMinutes(6);

    private final ClientCredentials client;
    private final HttpCaller caller;
    private final MeshClock clock;
    private @Nullable String token;
    private long until;

    OAuth2Tokens(AuthConfig config, HttpCaller caller, MeshClock clock) {
        this.client = config.client();
        this.caller = caller;
        this.clock = clock;
    }

    @Override
    public void apply(MultiMap headers) throws InterruptedException {
        String current = token;
        if (current == null || clock.nanoTime() - until >= 0) {
            current = fetch();
            token = current;
        }
        headers.set("authorization", "Bearer " + current);
    }

    @Override
    public boolean renew(MultiMap refused) {
        if (("Bearer " + token).equals(refused.get("authorization"))) {
            token = null;
        }
        return true;
    }

    private String fetch() throws InterruptedException {
        ClientCredentials.TokenRequest request = client.request();
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        request.headers().forEach(headers::set);
        long asked = clock.nanoTime();
        try {
            Answer answer = HttpLoop.await(
                    "token",
                    caller.call(new HttpCaller.Request(
                            HttpMethod.POST, client.tokenUrl(), headers, Buffer.buffer(request.body()))),
                    WAIT);
            AccessToken granted = client.token(
                    answer.status(),
                    answer.headers().get("Retry-After"),
                    answer.body().getBytes(),
                    clock.instant());
            until = asked + granted.use().toNanos();
            return granted.value().reveal();
        } catch (ExecutionException failure) {
            EventMeshException why = EventMeshException.of(failure);
            throw new EventMeshException(why.code(), "auth.token-url: " + why.reason(), why);
        } catch (EventMeshException refused) {
            throw new EventMeshException(refused.code(), "auth." + refused.reason(), refused.retryAfter());
        }
    }
}
