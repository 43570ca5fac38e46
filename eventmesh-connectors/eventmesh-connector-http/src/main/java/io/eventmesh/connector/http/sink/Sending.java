package io.eventmesh.connector.http.sink;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.connector.http.sink.HttpCaller.Answer;
import io.eventmesh.spi.connector.SinkRecord;
import io.eventmesh.spi.connector.TaskContext;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Sends the requests of a batch, one of each lane at a time, and waits for their answers. On the task's thread. */
final class Sending {
    private static final long SLACK_MILLIS = 5_000;

    /** One request that ended. */
    private record Ended(
            Deque<Call> lane,
            Call call,
            MultiMap headers,
            boolean renewed,
            @Nullable Answer answer,
            @Nullable Throwable failure) {}

    private final HttpSinkConfig config;
    private final HttpMethod method;
    private final HttpCaller caller;
    private final Authorization authorization;
    private final TaskContext context;

    Sending(HttpSinkConfig config, HttpCaller caller, Authorization authorization, TaskContext context) {
        this.config = config;
        this.method = HttpMethod.valueOf(config.method().name());
        this.caller = caller;
        this.authorization = authorization;
        this.context = context;
    }

    /**
     * Sends all of it, or fails with the worst of what went wrong; after a failure nothing more is begun.
     *
     * @param done told the records that need not be sent again
     */
    void send(List<Deque<Call>> lanes, Consumer<Collection<SinkRecord>> done) throws InterruptedException {
        BlockingQueue<Ended> ended = new ArrayBlockingQueue<>(Math.max(1, lanes.size()));
        EventMeshException worst = null;
        int open = 0;
        for (Deque<Call> lane : lanes) {
            open += begin(lane, ended);
        }
        while (open > 0) {
            Ended one = ended.poll(config.timeout().toMillis() + SLACK_MILLIS, TimeUnit.MILLISECONDS);
            if (one == null) {
                throw new EventMeshException(ErrorCode.DELIVERY_FAILED, "no answer in time");
            }
            open--;
            if (isStale(one) && worst == null) {
                start(one.lane(), one.call(), true, ended);
                open++;
                continue;
            }
            Verdict verdict = verdict(one);
            EventMeshException failure = verdict.failure();
            if (failure == null) {
                done.accept(one.call().records());
            } else if (verdict.isTheEvents() && one.call().records().size() == 1) {
                SinkRecord record = one.call().records().get(0);
                context.reject(record, new EventMeshException(ErrorCode.DELIVERY_FAILED, failure.reason()));
                done.accept(List.of(record));
            } else {
                worst = Verdict.worse(worst, failure);
            }
            if (worst == null) {
                open += begin(one.lane(), ended);
            }
        }
        if (worst != null) {
            throw worst;
        }
    }

    /** How many were begun: one, or none of an empty lane. */
    private int begin(Deque<Call> lane, BlockingQueue<Ended> ended) throws InterruptedException {
        Call next = lane.poll();
        if (next == null) {
            return 0;
        }
        start(lane, next, false, ended);
        return 1;
    }

    private void start(Deque<Call> lane, Call call, boolean renewed, BlockingQueue<Ended> ended)
            throws InterruptedException {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().addAll(call.headers());
        authorization.apply(headers);
        caller.call(new HttpCaller.Request(method, call.url(), headers, call.body()))
                .onComplete(
                        result -> ended.add(new Ended(lane, call, headers, renewed, result.result(), result.cause())));
    }

    /** Whether it is to be sent again, once, since what said who we are is refused now and can be had anew. */
    private boolean isStale(Ended one) {
        Answer answer = one.answer();
        return answer != null
                && !one.renewed()
                && (answer.status() == 401 || answer.status() == 407)
                && authorization.renew(one.headers());
    }

    private Verdict verdict(Ended one) {
        Answer answer = one.answer();
        if (answer != null) {
            return Verdict.of(
                    HttpCaller.where(one.call().url()),
                    answer,
                    config.retryAfterMax(),
                    context.clock().instant());
        }
        Throwable failure = one.failure();
        return Verdict.ours(
                failure == null
                        ? new EventMeshException(ErrorCode.DELIVERY_FAILED, "no answer")
                        : EventMeshException.of(failure));
    }
}
