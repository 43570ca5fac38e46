package io.eventmesh.protocol.grpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.target.Destination;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The subscribers of EventMesh to whom events are posted. A URL is one member of its group and topic, however many
 * clients named it, and stays as long as one of them says by heartbeats that it is there; a client that has said nothing
 * for the session's expiry is gone.
 *
 * <p>Thread-safe: state lives in a serial executor of its own.
 */
final class WebhookSubscribers implements Door.OpenStream {
    private static final Logger log = LoggerFactory.getLogger(WebhookSubscribers.class);
    private static final JsonFactory JSON = new JsonFactory();

    private record Key(String group, TopicPattern pattern, boolean isBroadcast, String url) {
        static Key of(ClientId client, SubscriptionItem item, boolean broadcast, String url) {
            return new Key(client.group(), item.pattern(), broadcast, url);
        }
    }

    /** One member of the mesh's own. */
    private static final class Hook {
        final Set<ClientId> holders = new HashSet<>();
        final CompletableFuture<Void> attachment = new CompletableFuture<>();

        @Nullable
        Member member;

        boolean gone;
    }

    private final Door door;
    private final SerialExecutor serial;
    private final Map<Key, Hook> hooks = new HashMap<>();
    private final Map<ClientId, Long> lastSeenNanos = new HashMap<>();
    private Scheduler.@Nullable Timer look;
    private boolean closed;

    WebhookSubscribers(Door door) {
        this.door = door;
        this.serial = door.serial();
        door.opened(this);
    }

    /** Completes when events of all items go to the URL, or fails with what kept the first of the others from it. */
    CompletionStage<Void> subscribe(CallContext caller, ClientId client, List<SubscriptionItem> items, String url) {
        return inOrder(() -> {
            door.requireOpen();
            seen(client);
            List<CompletableFuture<Void>> attachments = new ArrayList<>();
            for (SubscriptionItem item : items) {
                Key key = Key.of(client, item, item.isBroadcast(), url);
                Hook hook = hooks.get(key);
                if (hook == null) {
                    hook = new Hook();
                    hooks.put(key, hook);
                    attach(caller, client, item, key, hook);
                }
                hook.holders.add(client);
                attachments.add(hook.attachment);
            }
            return CompletableFuture.allOf(attachments.toArray(CompletableFuture[]::new));
        });
    }

    private void attach(CallContext caller, ClientId client, SubscriptionItem item, Key key, Hook hook) {
        Destination destination = new Destination("webhook", spec(key.url, item.isSync()));
        CallContext lasting = new CallContext(
                caller.principal(), caller.namespace(), caller.door(), caller.connection(), 0, null, null);
        ClientTerms.attach(
                        ClientTerms.WEBHOOK,
                        terms -> door.mesh()
                                .deliverTo(
                                        lasting,
                                        ClientTerms.of(client, item, terms),
                                        destination,
                                        stop -> serial.execute(() -> {
                                            log.info(
                                                    "Webhook wants no more events. url={} code={}",
                                                    key.url,
                                                    stop.code());
                                            leave(key, hook);
                                        })))
                .whenComplete((member, failure) -> serial.execute(() -> attached(key, hook, member, failure)));
    }

    private void attached(Key key, Hook hook, @Nullable Member member, @Nullable Throwable failure) {
        if (member == null) {
            leave(key, hook);
            hook.attachment.completeExceptionally(
                    Statuses.ours(failure == null ? new IllegalStateException("no member") : failure));
            return;
        }
        hook.member = member;
        if (hook.gone) {
            member.close();
        }
        hook.attachment.complete(null);
    }

    /** Takes the client off the topics at the URL, in whichever mode. */
    CompletionStage<Void> unsubscribe(ClientId client, List<SubscriptionItem> items, String url) {
        return inOrder(() -> {
            for (SubscriptionItem item : items) {
                giveUp(client, Key.of(client, item, false, url));
                giveUp(client, Key.of(client, item, true, url));
            }
            return CompletableFuture.completedFuture(null);
        });
    }

    /** Notes that the client is there; answers whether all that it takes for subscribed is. */
    CompletionStage<Boolean> heartbeat(ClientId client, List<SubscriptionItem> items) {
        return inOrder(() -> {
            if (items.isEmpty() && !lastSeenNanos.containsKey(client)) {
                return CompletableFuture.completedFuture(true);
            }
            seen(client);
            boolean known = items.stream()
                    .allMatch(item -> holds(client, Key.of(client, item, false, item.url()))
                            || holds(client, Key.of(client, item, true, item.url())));
            return CompletableFuture.completedFuture(known);
        });
    }

    private boolean holds(ClientId client, Key key) {
        Hook hook = hooks.get(key);
        return hook != null && hook.holders.contains(client);
    }

    private void seen(ClientId client) {
        lastSeenNanos.put(client, door.context().clock().nanoTime());
        watch();
    }

    private void giveUp(ClientId client, Key key) {
        Hook hook = hooks.get(key);
        if (hook != null && hook.holders.remove(client) && hook.holders.isEmpty()) {
            leave(key, hook);
        }
    }

    private void leave(Key key, Hook hook) {
        hooks.remove(key, hook);
        hook.gone = true;
        if (hook.member != null) {
            hook.member.close();
        }
    }

    private void watch() {
        if (look == null && !closed) {
            Duration soon = door.config().sessionExpiry().dividedBy(4);
            look = door.context().scheduler().schedule(soon, () -> serial.executeLater(this::expire));
        }
    }

    private void expire() {
        look = null;
        long now = door.context().clock().nanoTime();
        long expiry = door.config().sessionExpiry().toNanos();
        for (ClientId client : List.copyOf(lastSeenNanos.keySet())) {
            if (now - lastSeenNanos.getOrDefault(client, now) >= expiry) {
                lastSeenNanos.remove(client);
                List<Key> held = hooks.keySet().stream()
                        .filter(key -> holds(client, key))
                        .toList();
                held.forEach(key -> giveUp(client, key));
                if (!held.isEmpty()) {
                    log.info(
                            "Session expired. client={} group={} webhooks={}",
                            client.shown(),
                            client.group(),
                            held.size());
                }
            }
        }
        if (!lastSeenNanos.isEmpty()) {
            watch();
        }
    }

    /** The members leave; subscribing is refused from now on. */
    @Override
    public void shut() {
        serial.execute(() -> {
            closed = true;
            if (look != null) {
                look.cancel();
            }
            Map.copyOf(hooks).forEach(this::leave);
            lastSeenNanos.clear();
        });
    }

    private <T> CompletionStage<T> inOrder(Supplier<CompletableFuture<T>> step) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        serial.execute(() -> {
            try {
                step.get().whenComplete((value, failure) -> {
                    if (failure == null) {
                        answer.complete(value);
                    } else {
                        answer.completeExceptionally(failure);
                    }
                });
            } catch (EventMeshException refused) {
                answer.completeExceptionally(refused);
            }
        });
        return answer;
    }

    /** @throws EventMeshException REQUEST_INVALID for what is no address of a webhook */
    static void requireUrl(String url) {
        if (!url.startsWith("http://") && !url.startsWith("https://")) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "url: '%s' (expected: http://… or https://…)".formatted(Names.shown(url)));
        }
    }

    private static String spec(String url, boolean sync) {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = JSON.createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("url", url);
            out.writeStringField("format", "eventmesh");
            out.writeStringField("call", sync ? "sync" : "async");
            out.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return text.toString();
    }
}
