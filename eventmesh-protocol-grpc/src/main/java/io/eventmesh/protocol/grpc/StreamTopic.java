package io.eventmesh.protocol.grpc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One subscription of a client's stream. ATTACHING, then ATTACHED until the client unsubscribes; then LEAVING until what
 * was written last counts as done, or the stream ends; then GONE. All state lives in the stream's serial executor.
 */
final class StreamTopic implements Receiver, UnackedTail.Origin {
    private static final Logger log = LoggerFactory.getLogger(StreamTopic.class);
    private static final int WINDOW_EVENTS = 512;
    private static final long WINDOW_BYTES = 512L << 10;
    private static final byte[] NOTHING = {};
    private static final byte[] SEQNUM = "seqnum".getBytes(US_ASCII);
    private static final byte[] UNIQUEID = "uniqueid".getBytes(US_ASCII);
    private static final int LONG_DIGITS = 12;

    private enum State {
        ATTACHING,
        ATTACHED,
        LEAVING,
        GONE
    }

    private final ConsumerStream stream;
    private final String name;
    private final CompletableFuture<Void> attachment = new CompletableFuture<>();
    private State state = State.ATTACHING;
    private @Nullable Member member;

    /** May be delivered, as the mesh knows it. */
    private int events;

    private long bytes;
    /** Written and not done. */
    private int inTail;

    private @Nullable TopicName lastTopic;
    private byte[] lastSubject = NOTHING;

    /** @param name for logs and by which the stream knows it */
    StreamTopic(ConsumerStream stream, String name) {
        this.stream = stream;
        this.name = name;
    }

    String name() {
        return name;
    }

    /** Completes in the stream's serial executor. */
    CompletableFuture<Void> attachment() {
        return attachment;
    }

    void attached(@Nullable Member attached, @Nullable Throwable failure) {
        if (attached == null) {
            state = State.GONE;
            stream.forget(this);
            attachment.completeExceptionally(
                    Statuses.ours(failure == null ? new IllegalStateException("no member") : failure));
            return;
        }
        if (state != State.ATTACHING) {
            attached.close();
        } else {
            state = State.ATTACHED;
            member = attached;
            passOnCredit();
        }
        attachment.complete(null);
    }

    @Override
    public boolean keepsKeys() {
        return true;
    }

    @Override
    public void deliver(Delivery delivery) {
        stream.execute(() -> write(delivery));
    }

    @Override
    public void closed(@Nullable EventMeshException cause) {
        stream.execute(() -> {
            if (state != State.GONE) {
                state = State.GONE;
                stream.forget(this);
                // the stream lives on: its client could never open another one; by its next heartbeat it is told
                // to subscribe again
                log.info(
                        "Subscription of a stream ended. subscription={} cause={}",
                        name,
                        cause == null ? "none" : cause.code());
            }
        });
    }

    @Override
    public void done(long[] deliveries) {
        inTail -= deliveries.length;
        Member attached = member;
        if (attached != null) {
            attached.ackAll(deliveries);
        }
        if (state == State.LEAVING && inTail == 0) {
            leave();
        }
    }

    /** Takes no more events; what was written last gets its time. */
    void unsubscribe() {
        if (state == State.ATTACHED && inTail > 0) {
            state = State.LEAVING;
        } else if (state != State.LEAVING) {
            leave();
        }
    }

    /** Gives back what does not count as done. */
    void leave() {
        state = State.GONE;
        stream.forget(this);
        if (member != null) {
            member.close();
        }
    }

    void passOnCredit() {
        Member attached = member;
        if (attached == null || state != State.ATTACHED || !stream.takesMore()) {
            return;
        }
        int moreEvents = events <= WINDOW_EVENTS / 2 ? WINDOW_EVENTS - events : 0;
        long moreBytes = bytes <= WINDOW_BYTES / 2 ? WINDOW_BYTES - bytes : 0;
        if (moreEvents > 0 || moreBytes > 0) {
            events += moreEvents;
            bytes += moreBytes;
            attached.request(moreEvents, moreBytes);
        }
    }

    private void write(Delivery delivery) {
        if (state != State.ATTACHED) {
            // goes back with the membership
            return;
        }
        Event event = delivery.record().event();
        events--;
        bytes -= event.size();
        inTail++;
        stream.write(this, delivery.id(), event, addition(delivery.record().topic(), event));
        passOnCredit();
    }

    /** Map entries to put after the event's own, which they override: the last one of a name counts. */
    private byte[] addition(TopicName topic, Event event) {
        String own = event.subject();
        boolean same = own != null && own.equals(topic.value());
        if (same && isNamed(event)) {
            return NOTHING;
        }
        if (own == null && isNamed(event)) {
            if (lastTopic == null || !topic.equals(lastTopic)) {
                lastTopic = topic;
                lastSubject = subject(topic).build().toByteArray();
            }
            return lastSubject;
        }
        CloudEvent.Builder more = subject(topic);
        if (own != null && !same) {
            more.putAttributes("meshsubject", EventMeshAnswers.text(own));
        }
        if (!isNamed(event)) {
            more.putAttributes("uniqueid", EventMeshAnswers.text(uniqueId(event)));
        }
        return more.build().toByteArray();
    }

    private static CloudEvent.Builder subject(TopicName topic) {
        return CloudEvent.newBuilder().putAttributes("subject", EventMeshAnswers.text(topic.value()));
    }

    /** A reply as its requester understands it. */
    static InputStream reply(Event reply) {
        byte[] more = isNamed(reply)
                ? NOTHING
                : CloudEvent.newBuilder()
                        .putAttributes("uniqueid", EventMeshAnswers.text(uniqueId(reply)))
                        .build()
                        .toByteArray();
        return new Bytes.Parts(NOTHING, new DeliveryFrames.EventBody(reply), more);
    }

    /**
     * Whether the client surely sees one of the two attributes by which it tells events from answers, which it does in
     * texts only: the SDK's own are numbers of 30 digits.
     */
    private static boolean isNamed(Event event) {
        return event.isDigits(SEQNUM, LONG_DIGITS) || event.isDigits(UNIQUEID, LONG_DIGITS);
    }

    private static String uniqueId(Event event) {
        String given = event.attribute("uniqueid");
        return given == null || given.isEmpty() ? event.id() : given;
    }
}
