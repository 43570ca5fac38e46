package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler.Timer;
import io.eventmesh.http.EventJson;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.vertx.core.AsyncResult;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A member that writes what it is given as server-sent events.
 *
 * <p>Credit follows the connection: the bytes of an event are given back when they have left for the client, so that a
 * reader that does not read holds at most {@value #WINDOW_BYTES} bytes and one event, and is cut off when nothing moves
 * for two heartbeats. The event is given back when it is settled, or, where nothing is to be settled, when it was
 * written.
 *
 * <p>State is touched under the stream's own serial executor.
 */
final class EventStream implements Receiver, Consumer {
    private static final Logger log = LoggerFactory.getLogger(EventStream.class);
    private static final long WINDOW_BYTES = 256 * 1024;
    private static final long CANCEL = 8;
    private static final Buffer HEARTBEAT = Buffer.buffer(":\n\n");

    /**
     * How a client wants its events.
     *
     * @param window how many may be handed over and not settled
     * @param explicit whether the client settles each; otherwise an event is done when it was written
     * @param dataOnly whether data stands alone, without the event around it
     * @param lastEventId what the client says to have seen last; empty for nothing
     */
    record Form(int window, boolean explicit, boolean dataOnly, String lastEventId) {}

    private final ProtocolContext context;
    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Consumers consumers;
    private final CallContext owner;
    private final Form form;
    private final Duration heartbeat;
    private final String token;
    private final Unsettled unsettled;
    private final SerialExecutor serial;
    /** When what is on its way was written, oldest first. */
    private final Deque<Long> onItsWay = new ArrayDeque<>();

    private volatile @Nullable Member member;
    private @Nullable Timer timer;
    private boolean closed;

    private EventStream(
            ProtocolContext context,
            HttpServerRequest request,
            Consumers consumers,
            CallContext owner,
            SubscribeTerms terms,
            Form form,
            Duration heartbeat) {
        this.context = context;
        this.request = request;
        this.response = request.response();
        this.consumers = consumers;
        this.owner = owner;
        this.form = form;
        this.heartbeat = heartbeat;
        this.token = consumers.newToken();
        this.unsettled = new Unsettled(terms.delivery().ackTimeout());
        this.serial = new SerialExecutor(context.dispatch(), context.clock()::nanoTime);
    }

    /** Subscribes and answers with the stream, or with a refusal. */
    static void open(
            ProtocolContext context,
            HttpServerRequest request,
            Consumers consumers,
            CallContext owner,
            SubscribeTerms terms,
            Form form,
            Duration heartbeat) {
        EventStream stream = new EventStream(context, request, consumers, owner, terms, form, heartbeat);
        consumers.add(stream);
        stream.response.exceptionHandler(lost -> stream.serial.execute(stream::leave));
        context.mesh()
                .subscribe(owner, terms, stream)
                .whenComplete((attached, failure) -> stream.serial.execute(() -> stream.attached(attached, failure)));
    }

    private void attached(@Nullable Member attached, @Nullable Throwable failure) {
        if (failure != null || attached == null) {
            consumers.remove(this);
            closed = true;
            Answers.problem(request, EventMeshException.of(failure == null ? new IllegalStateException() : failure));
            return;
        }
        if (closed) {
            attached.close();
            Answers.problem(request, new EventMeshException(ErrorCode.SHUTTING_DOWN, "the runtime drains"));
            return;
        }
        member = attached;
        response.putHeader("content-type", "text/event-stream")
                .putHeader("cache-control", "no-store")
                .putHeader("x-accel-buffering", "no")
                .setChunked(true);
        write(Buffer.buffer(EventText.opening(attached.subscription(), form, heartbeat)), null);
        attached.request(form.window(), WINDOW_BYTES);
        timer = context.scheduler().schedule(heartbeat, () -> serial.execute(this::beat));
    }

    @Override
    public void deliver(Delivery delivery) {
        serial.execute(() -> handOver(delivery));
    }

    private void handOver(Delivery delivery) {
        Member to = member;
        if (closed || to == null) {
            return;
        }
        Buffer text;
        try {
            EventJson.Shown shown = Handles.shown(delivery, form.explicit() ? token : null);
            text = Buffer.buffer(form.dataOnly() ? EventText.data(delivery) : EventText.structured(delivery, shown));
        } catch (EventMeshException unfit) {
            log.debug("Event without a JSON form. position={} error={}", delivery.position(), unfit.reason());
            to.reject(delivery.id(), unfit.reason());
            to.request(1, delivery.record().event().size());
            return;
        }
        if (form.explicit()) {
            unsettled.add(delivery.id(), context.clock().nanoTime());
        }
        write(text, delivery);
    }

    private void write(Buffer text, @Nullable Delivery delivery) {
        onItsWay.add(context.clock().nanoTime());
        response.write(text).onComplete(result -> serial.execute(() -> written(delivery, result)));
    }

    private void written(@Nullable Delivery delivery, AsyncResult<Void> result) {
        onItsWay.poll();
        Member from = member;
        if (closed || from == null) {
            return;
        }
        if (result.failed()) {
            leave();
        } else if (delivery != null) {
            if (!form.explicit()) {
                from.ack(delivery.id());
            }
            from.request(form.explicit() ? 0 : 1, delivery.record().event().size());
        }
    }

    private void beat() {
        Member mine = member;
        if (closed || mine == null) {
            return;
        }
        Long oldest = onItsWay.peek();
        if (oldest == null) {
            write(HEARTBEAT, null);
        } else if (context.clock().nanoTime() - oldest > 2 * heartbeat.toNanos()) {
            log.debug("Reader cut off that does not read. subscription={}", mine.subscription());
            response.reset(CANCEL);
            leave();
            return;
        }
        int expired = unsettled.expire(context.clock().nanoTime());
        if (expired > 0) {
            mine.request(expired, 0);
        }
        timer = context.scheduler().schedule(heartbeat, () -> serial.execute(this::beat));
    }

    /** The client is gone: what it has not settled goes to others. */
    private void leave() {
        if (closed) {
            return;
        }
        finish();
        Member mine = member;
        if (mine != null) {
            mine.close();
        }
    }

    private void finish() {
        closed = true;
        consumers.remove(this);
        Timer running = timer;
        if (running != null) {
            running.cancel();
        }
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        serial.execute(() -> goodbye(cause, false));
    }

    @Override
    public void end(EventMeshException cause) {
        serial.execute(() -> goodbye(cause, true));
    }

    private void goodbye(@Nullable EventMeshException cause, boolean byDoor) {
        if (closed) {
            return;
        }
        Member mine = member;
        finish();
        if (mine == null) {
            return; // the answer to subscribe finds it closed
        }
        if (byDoor) {
            mine.close();
        }
        response.end(Buffer.buffer(EventText.goodbye(cause)));
    }

    @Override
    public String token() {
        return token;
    }

    @Override
    public CallContext owner() {
        return owner;
    }

    @Override
    public boolean ack(long delivery) {
        return settle(delivery, mine -> mine.ack(delivery));
    }

    @Override
    public boolean release(long delivery, Duration delay) {
        return settle(delivery, mine -> mine.release(delivery, delay));
    }

    @Override
    public boolean reject(long delivery, String reason) {
        return settle(delivery, mine -> mine.reject(delivery, reason));
    }

    private boolean settle(long delivery, java.util.function.Consumer<Member> how) {
        Member mine = member;
        if (mine == null || !unsettled.take(delivery)) {
            return false;
        }
        how.accept(mine);
        mine.request(1, 0);
        return true;
    }
}
