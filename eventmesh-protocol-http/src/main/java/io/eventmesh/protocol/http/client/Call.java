package io.eventmesh.protocol.http.client;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One call from the look-up of its host to the end of its answer. Once the status is there it counts, whatever becomes of
 * the rest: a destination that has said 200 has the event. Used on the loop, once.
 */
final class Call {
    private final Context loop;
    private final HttpClientAgent client;
    private final Addresses addresses;
    private final Message message;
    private final int maxAnswer;
    private final Promise<Answer> done = Promise.promise();
    private final Buffer body = Buffer.buffer();
    private @Nullable HttpClientRequest request;
    private @Nullable HttpClientResponse head;

    Call(Context loop, HttpClientAgent client, Addresses addresses, Message message, int maxAnswer) {
        this.loop = loop;
        this.client = client;
        this.addresses = addresses;
        this.message = message;
        this.maxAnswer = maxAnswer;
    }

    Future<Answer> start(Duration timeout) {
        long timer = loop.owner().setTimer(Math.max(1, timeout.toMillis()), fired -> late());
        URI url = URI.create(message.url());
        addresses
                .of(url.getHost(), Caller.port(url))
                .compose(this::open)
                .compose(this::send)
                .onSuccess(this::read)
                .onFailure(this::broken);
        return done.future().onComplete(over -> loop.owner().cancelTimer(timer));
    }

    private Future<HttpClientRequest> open(SocketAddress server) {
        if (done.future().isComplete()) {
            return Future.failedFuture("too late");
        }
        return client.request(new RequestOptions()
                        .setMethod(message.method())
                        .setAbsoluteURI(message.url())
                        .setServer(server)
                        .setFollowRedirects(false))
                .onFailure(unreachable -> addresses.unreachable());
    }

    private Future<HttpClientResponse> send(HttpClientRequest opened) {
        request = opened;
        opened.exceptionHandler(this::broken);
        // each call hears of its own failure; what happens to a connection beside that is nothing to log
        opened.connection().exceptionHandler(failure -> {});
        if (done.future().isComplete()) {
            opened.reset();
            return Future.failedFuture("too late");
        }
        opened.headers().addAll(message.headers());
        return opened.send(message.body());
    }

    private void read(HttpClientResponse response) {
        head = response;
        response.handler(chunk -> {
            int room = maxAnswer - body.length();
            body.appendBuffer(chunk.length() <= room ? chunk : chunk.slice(0, room));
            if (chunk.length() > room) {
                done.tryComplete(answer(response, false));
                giveUp();
            }
        });
        response.endHandler(end -> done.tryComplete(answer(response, true)));
        response.exceptionHandler(this::broken);
    }

    private Answer answer(HttpClientResponse response, boolean whole) {
        MultiMap headers = response.headers();
        return new Answer(response.statusCode(), headers, body, whole);
    }

    private void broken(Throwable failure) {
        HttpClientResponse response = head;
        if (response != null) {
            done.tryComplete(answer(response, false));
        } else {
            done.tryFail(failure);
        }
    }

    private void late() {
        broken(new TimeoutException());
        giveUp();
    }

    private void giveUp() {
        HttpClientRequest opened = request;
        if (opened != null) {
            opened.reset();
        }
    }
}
