package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.CallContext;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One call of EventMesh's {@code subscribeStream}: each message subscribes more topics or is the reply to a request;
 * events of all topics come back on the one stream.
 *
 * <p>Its clients cannot ack: see {@link UnackedTail}. When the stream breaks, what does not count as done yet is offered
 * again. Nor can they open a second stream, so that this one is never ended by the door, whatever a client sends, before
 * the door itself closes. State lives in the call's serial executor.
 */
final class ConsumerStream extends LastingCall<byte[], InputStream> {
    private static final Logger log = LoggerFactory.getLogger(ConsumerStream.class);
    private static final int READY_THRESHOLD = 512 << 10;
    private static final Duration LOOK_AFTER = Duration.ofMillis(500);
    /** Looks that a closing door allows the tail to count as done. */
    private static final int LAST_LOOKS = 6;

    private static final byte[] NOTHING = {};

    private final EventMeshConsumers consumers;
    private final EventMeshAnswers answers;
    /** Those that are subscribed or about to be; read by any thread. */
    private final Map<String, StreamTopic> topics = new ConcurrentHashMap<>();
    /** All that hold a membership, those that leave among them. */
    private final Set<StreamTopic> holding = new LinkedHashSet<>();

    private final Map<ClientId, Boolean> clients = new LinkedHashMap<>();
    private final UnackedTail tail;
    private Scheduler.@Nullable Timer look;
    private int lastLooks;
    private boolean closing;
    /** Whether a step is to come that finishes what is far behind. */
    private boolean finishing;

    private ConsumerStream(
            Door door,
            ServerCall<byte[], InputStream> call,
            CallContext caller,
            EventMeshConsumers consumers,
            EventMeshAnswers answers) {
        super(door, call, caller);
        this.consumers = consumers;
        this.answers = answers;
        this.tail = new UnackedTail(door.context().clock());
        call.setOnReadyThreshold(READY_THRESHOLD);
    }

    static ServerCallHandler<byte[], InputStream> handler(
            Door door, EventMeshConsumers consumers, EventMeshAnswers answers) {
        return handler(door, (of, call, caller) -> new ConsumerStream(of, call, caller, consumers, answers));
    }

    /** By which connection it came. */
    int connection() {
        return caller.connection();
    }

    /** Whether its client is subscribed, in whichever mode. Called by any thread. */
    boolean has(ClientId client, SubscriptionItem item) {
        return topics.containsKey(name(client, item, false)) || topics.containsKey(name(client, item, true));
    }

    /** Takes the client off the topics; completes when nothing more is written for it. Called by any thread. */
    CompletionStage<Void> unsubscribe(ClientId client, List<SubscriptionItem> items) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        execute(() -> {
            for (SubscriptionItem item : items) {
                unsubscribe(name(client, item, false));
                unsubscribe(name(client, item, true));
            }
            done.complete(null);
        });
        return done;
    }

    private void unsubscribe(String name) {
        StreamTopic topic = topics.remove(name);
        if (topic != null) {
            topic.unsubscribe();
        }
    }

    @Override
    void begin() {
        call.request(1);
    }

    @Override
    void take(byte[] message) {
        call.request(1);
        Event event;
        try {
            event = Event.scan(message);
        } catch (EventMeshException unreadable) {
            call.sendMessage(answers.unreadable(unreadable));
            return;
        }
        if ("subscription_reply".equals(event.attribute("submessagetype"))) {
            reply(event);
            return;
        }
        try {
            subscribe(event);
        } catch (EventMeshException refused) {
            call.sendMessage(answers.notSubscribed(event, refused));
        }
    }

    private void reply(Event event) {
        String replyTo = event.attribute(ReservedAttributes.REPLY_TO);
        if (replyTo == null) {
            log.debug("Reply to what was no request ignored. id={}", event.id());
            return;
        }
        door.mesh().reply(caller, replyTo, Received.reply(event)).whenComplete((done, failure) -> {
            if (failure != null) {
                log.debug("Reply not taken. id={} why={}", event.id(), String.valueOf(failure.getMessage()));
            }
        });
    }

    private void subscribe(Event event) {
        ClientId client = ClientId.of(event);
        List<SubscriptionItem> items = SubscriptionItem.parse(event.data());
        for (SubscriptionItem item : items) {
            if (!item.isBroadcast()) {
                client.requireGroup();
            }
        }
        List<CompletableFuture<?>> attachments = new ArrayList<>();
        String url = event.attribute("url");
        if (url != null && url.startsWith("http")) {
            // after code 30 a client repeats what it subscribed to webhooks here, too
            attachments.add(consumers
                    .subscribeWebhook(caller, ClientId.required(event), items, url)
                    .toCompletableFuture());
        } else {
            clients.computeIfAbsent(client, unused -> {
                consumers.opened(client, this);
                return true;
            });
            items.forEach(item -> attachments.add(subscribe(client, item)));
        }
        CompletableFuture.allOf(attachments.toArray(CompletableFuture[]::new))
                .whenComplete((done, failure) -> execute(() -> {
                    if (!hasEnded()) {
                        call.sendMessage(
                                failure == null
                                        ? answers.subscribed(event)
                                        : answers.notSubscribed(event, Statuses.ours(failure)));
                    }
                }));
    }

    private CompletableFuture<Void> subscribe(ClientId client, SubscriptionItem item) {
        String name = name(client, item, item.isBroadcast());
        StreamTopic known = topics.get(name);
        if (known != null) {
            return known.attachment();
        }
        StreamTopic topic = new StreamTopic(this, name);
        topics.put(name, topic);
        holding.add(topic);
        ClientTerms.attach(
                        ClientTerms.STREAM,
                        terms -> door.mesh().subscribe(caller, ClientTerms.of(client, item, terms), topic))
                .whenComplete((member, failure) -> execute(() -> topic.attached(member, failure)));
        return topic.attachment();
    }

    private static String name(ClientId client, SubscriptionItem item, boolean broadcast) {
        return (broadcast ? "broadcast " : "group ") + client.group() + " " + item.pattern();
    }

    /** The subscription has ended. */
    void forget(StreamTopic topic) {
        topics.remove(topic.name(), topic);
        holding.remove(topic);
    }

    void execute(Runnable step) {
        serial.execute(step);
    }

    /** Whether the connection has taken nearly all that was written, and more may be. */
    boolean takesMore() {
        return !closing && !hasEnded() && call.isReady();
    }

    void write(StreamTopic topic, long delivery, Event event, byte[] addition) {
        call.sendMessage(new Bytes.Parts(NOTHING, new DeliveryFrames.EventBody(event), addition));
        tail.written(topic, delivery, event.size());
        if (!finishing && tail.hasFar()) {
            // once for all that is written in this turn of the loop
            finishing = true;
            home.executeLater(() -> serial.execute(this::finishFar));
        }
        watch();
    }

    private void finishFar() {
        finishing = false;
        if (!hasEnded() && call.isReady()) {
            tail.finishFar();
        }
    }

    @Override
    public void onReady() {
        execute(() -> {
            if (!hasEnded()) {
                tail.finishFar();
                List.copyOf(topics.values()).forEach(StreamTopic::passOnCredit);
            }
        });
    }

    @Override
    public void onHalfClose() {
        execute(() -> end(null));
    }

    /** Ends the stream once its tail counts as done, since its client cannot open another one; not much later anyway. */
    @Override
    public void shut() {
        execute(() -> {
            closing = true;
            if (tail.isEmpty()) {
                end(door.shuttingDown());
            }
        });
    }

    private void look() {
        look = null;
        if (hasEnded()) {
            return;
        }
        // While the connection takes nothing, nobody knows whether what was written left this process.
        if (call.isReady()) {
            tail.finishOld();
        }
        if (closing && (tail.isEmpty() || ++lastLooks == LAST_LOOKS)) {
            end(door.shuttingDown());
        } else {
            watch();
        }
    }

    private void watch() {
        if (look == null && !hasEnded() && !tail.isEmpty()) {
            look = door.context().scheduler().schedule(LOOK_AFTER, () -> serial.executeLater(this::look));
        }
    }

    @Override
    void release() {
        if (look != null) {
            look.cancel();
        }
        clients.keySet().forEach(client -> consumers.ended(client, this));
        List.copyOf(holding).forEach(StreamTopic::leave);
    }
}
