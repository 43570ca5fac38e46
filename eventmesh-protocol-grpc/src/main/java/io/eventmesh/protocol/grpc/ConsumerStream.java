package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Receiver;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Start;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.io.InputStream;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of EventMesh's {@code subscribeStream}: each message subscribes more topics, events of all of them come back
 * on the one stream.
 *
 * <p>Its clients cannot ack. An event counts as done when 1 MiB or 1024 events more were written to the same live
 * stream, or 2 s after it was written; when the stream breaks, what does not count yet is offered again. All state lives in the call's
 * serial executor.
 */
final class ConsumerStream extends ServerCall.Listener<byte[]> implements Door.OpenStream {
    private static final Logger log = LoggerFactory.getLogger(ConsumerStream.class);
    private static final int WINDOW_EVENTS = 512;
    private static final long WINDOW_BYTES = 1L << 20;
    private static final int READY_THRESHOLD = 256 << 10;
    private static final Duration LOOK_AFTER = Duration.ofMillis(500);
    private static final byte[] NOTHING = {};

    private final Door door;
    private final EventMeshAnswers answers;
    private final ServerCall<byte[], InputStream> call;
    private final CallContext caller;
    private final SerialExecutor serial;
    private final Map<String, Topic> topics = new HashMap<>();
    private final UnackedTail tail;
    private Scheduler.@Nullable Timer look;
    private boolean ended;

    private ConsumerStream(
            Door door, EventMeshAnswers answers, ServerCall<byte[], InputStream> call, CallContext caller) {
        this.door = door;
        this.answers = answers;
        this.call = call;
        this.caller = caller;
        this.serial = door.serial();
        this.tail = new UnackedTail(door.context().clock());
    }

    static ServerCallHandler<byte[], InputStream> handler(Door door, EventMeshAnswers answers) {
        return (call, headers) -> {
            CallContext caller;
            try {
                caller = door.caller(call, headers);
            } catch (RuntimeException refused) {
                return UnaryCall.refused(call, refused);
            }
            ConsumerStream stream = new ConsumerStream(door, answers, call, caller);
            call.setOnReadyThreshold(READY_THRESHOLD);
            call.sendHeaders(new Metadata());
            door.opened(stream);
            call.request(1);
            return stream;
        };
    }

    @Override
    public void onMessage(byte[] message) {
        serial.execute(() -> {
            if (!ended) {
                take(message);
                call.request(1);
            }
        });
    }

    @Override
    public void onReady() {
        serial.execute(() -> topics.values().forEach(Topic::passOnCredit));
    }

    @Override
    public void onHalfClose() {
        serial.execute(() -> end(null));
    }

    @Override
    public void onCancel() {
        serial.execute(() -> {
            if (!ended) {
                release();
            }
        });
    }

    @Override
    public void drain() {
        serial.execute(() -> end(new EventMeshException(
                ErrorCode.SHUTTING_DOWN,
                "runtime %s: shutting down (expected: another runtime)"
                        .formatted(door.context().runtimeId()))));
    }

    private void take(byte[] message) {
        Event subscription;
        try {
            subscription = Event.scan(message);
        } catch (EventMeshException unreadable) {
            end(unreadable);
            return;
        }
        if ("subscription_reply".equals(subscription.attribute("submessagetype"))) {
            log.debug("Reply on a subscription stream ignored. id={}", subscription.id());
            return;
        }
        try {
            String group = subscription.attribute("consumergroup");
            subscribe(subscription, group == null ? "" : group);
        } catch (EventMeshException refused) {
            call.sendMessage(answers.notSubscribed(subscription, refused));
        }
    }

    private void subscribe(Event subscription, String group) {
        List<SubscriptionItem> items = SubscriptionItem.parse(subscription.data());
        for (SubscriptionItem item : items) {
            if (!item.isBroadcast() && group.isEmpty()) {
                throw new EventMeshException(ErrorCode.REQUEST_INVALID, "consumergroup: none (expected: a group)");
            }
            TopicPattern.of(item.topic());
        }
        Pending pending = new Pending(subscription, items.size());
        for (SubscriptionItem item : items) {
            String key = item.topic() + (item.isBroadcast() ? " broadcast" : " " + group);
            if (topics.containsKey(key)) {
                pending.done(null);
                continue;
            }
            Topic topic = new Topic(key);
            topics.put(key, topic);
            SubscribeTerms terms = new SubscribeTerms(
                    item.isBroadcast() ? "" : group,
                    TopicPattern.of(item.topic()),
                    Start.latest(),
                    DeliveryTerms.DEFAULT,
                    "EventMesh client");
            door.mesh()
                    .subscribe(caller, terms, topic)
                    .whenComplete(
                            (member, failure) -> serial.execute(() -> pending.done(topic.attached(member, failure))));
        }
    }

    private void look() {
        if (ended) {
            return;
        }
        // While the connection takes nothing, nobody knows whether what was written left this process.
        if (call.isReady()) {
            tail.ackOld();
        }
        look = null;
        watch();
    }

    private void watch() {
        if (look == null && !ended && !tail.isEmpty()) {
            look = door.context().scheduler().schedule(LOOK_AFTER, () -> serial.executeLater(this::look));
        }
    }

    private void end(@Nullable Throwable cause) {
        if (ended) {
            return;
        }
        release();
        if (cause == null) {
            call.close(Status.OK, new Metadata());
        } else {
            UnaryCall.close(call, cause);
        }
    }

    private void release() {
        ended = true;
        door.ended(this);
        if (look != null) {
            look.cancel();
        }
        topics.values().forEach(Topic::leave);
    }

    /** Answers one subscription message when all its topics are attached or one has failed. */
    private final class Pending {
        private final Event subscription;
        private int open;
        private @Nullable EventMeshException failure;

        Pending(Event subscription, int open) {
            this.subscription = subscription;
            this.open = open;
        }

        void done(@Nullable EventMeshException why) {
            failure = failure == null ? why : failure;
            if (--open == 0 && !ended) {
                call.sendMessage(
                        failure == null
                                ? answers.subscribed(subscription)
                                : answers.notSubscribed(subscription, failure));
            }
        }
    }

    /** One membership of this stream. */
    private final class Topic implements Receiver {
        private final String key;
        private @Nullable Member member;
        /** May be delivered, as the mesh knows it. */
        private int events;

        private long bytes;
        private @Nullable TopicName lastTopic;
        private byte[] lastSubject = NOTHING;

        Topic(String key) {
            this.key = key;
        }

        @Nullable
        EventMeshException attached(@Nullable Member attached, @Nullable Throwable failure) {
            if (attached == null) {
                topics.remove(key);
                return Statuses.ours(failure == null ? new IllegalStateException("no member") : failure);
            }
            if (ended) {
                attached.close();
                return null;
            }
            member = attached;
            passOnCredit();
            return null;
        }

        @Override
        public void deliver(Delivery delivery) {
            serial.execute(() -> write(delivery));
        }

        @Override
        public void closed(@Nullable EventMeshException cause) {
            serial.execute(() -> {
                member = null;
                topics.remove(key);
                // The client would not notice that one of several topics is gone: it is told by the stream's end.
                end(cause == null ? new EventMeshException(ErrorCode.NOT_FOUND, "subscription: ended") : cause);
            });
        }

        void leave() {
            if (member != null) {
                member.close();
            }
        }

        private void write(Delivery delivery) {
            Member attached = member;
            if (ended || attached == null) {
                return;
            }
            Event event = delivery.record().event();
            events--;
            bytes -= event.size();
            call.sendMessage(new Bytes.Parts(NOTHING, new DeliveryFrames.EventBody(event), addition(delivery, event)));
            tail.written(attached, delivery.id(), event.size());
            passOnCredit();
            watch();
        }

        void passOnCredit() {
            Member attached = member;
            if (attached == null || ended || !call.isReady()) {
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

        /** Map entries to put after the event's own, which they override: the last one of a name counts. */
        private byte[] addition(Delivery delivery, Event event) {
            TopicName topic = delivery.record().topic();
            String own = event.subject();
            String sequence = event.attribute("seqnum");
            String unique = event.attribute("uniqueid");
            boolean known = (sequence != null && !sequence.isEmpty()) || (unique != null && !unique.isEmpty());
            if (own == null && known) {
                if (lastTopic == null || !topic.equals(lastTopic)) {
                    lastTopic = topic;
                    lastSubject = subject(topic).build().toByteArray();
                }
                return lastSubject;
            }
            CloudEvent.Builder more = subject(topic);
            if (own != null) {
                more.putAttributes("meshsubject", EventMeshAnswers.text(own));
            }
            if (!known) {
                more.putAttributes("uniqueid", EventMeshAnswers.text(event.id()));
            }
            return more.build().toByteArray();
        }

        private static CloudEvent.Builder subject(TopicName topic) {
            return CloudEvent.newBuilder().putAttributes("subject", EventMeshAnswers.text(topic.value()));
        }
    }
}
