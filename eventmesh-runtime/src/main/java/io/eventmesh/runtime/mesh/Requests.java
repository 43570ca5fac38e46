package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.common.topic.Names;
import io.eventmesh.runtime.mesh.peer.Peers;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Requests that wait for their reply, each known by a correlation that nobody can guess; a reply is handed over and never
 * stored. Thread-safe, never blocks.
 */
final class Requests {
    private static final int CORRELATION_BYTES = 16;
    /** How long a reply may take that is still waited for when the runtime is about to end. */
    private static final Duration LAST_REPLIES = Duration.ofSeconds(5);

    private static final Pattern REPLY_TO = Pattern.compile("([A-Za-z0-9_.~%-]{1,64})/([0-9a-f]{32})");

    private final MeshSettings settings;
    private final ServingState serving;
    private final Admission admission;
    private final Publishing publishing;
    private final Scheduler scheduler;
    private final RandomGenerator secrets;
    private final Peers peers;
    private final Map<String, CompletableFuture<Event>> waiting = new ConcurrentHashMap<>();
    private final AtomicInteger count = new AtomicInteger();

    Requests(
            MeshSettings settings,
            ServingState serving,
            Admission admission,
            Publishing publishing,
            Scheduler scheduler,
            RandomGenerator secrets,
            Peers peers,
            MeterRegistry meters) {
        this.settings = settings;
        this.serving = serving;
        this.admission = admission;
        this.publishing = publishing;
        this.scheduler = scheduler;
        this.secrets = secrets;
        this.peers = peers;
        Gauge.builder("eventmesh.requests.pending", count, AtomicInteger::get)
                .description("Requests that wait for their reply")
                .register(meters);
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#request}; the stage may be cancelled by whoever waits no more. */
    CompletionStage<Event> request(CallContext context, Outgoing request, Duration timeout) {
        try {
            check(request, timeout);
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
        byte[] bytes = new byte[CORRELATION_BYTES];
        secrets.nextBytes(bytes);
        String correlation = HexFormat.of().formatHex(bytes);
        CompletableFuture<Event> answer = new CompletableFuture<>();
        waiting.put(correlation, answer);
        Scheduler.Timer timer = scheduler.schedule(
                timeout,
                () -> answer.completeExceptionally(new EventMeshException(
                        ErrorCode.DEADLINE_EXCEEDED,
                        "reply: none (expected: within %d ms)".formatted(timeout.toMillis()))));
        answer.whenComplete((reply, failure) -> {
            timer.cancel();
            waiting.remove(correlation);
            count.decrementAndGet();
        });
        if (!serving.isServing()) {
            // the drain may have failed the others before this one was noted
            answer.completeExceptionally(serving.refusal());
            return answer;
        }
        publishing
                .publish(
                        context, request, Map.of(ReservedAttributes.REPLY_TO, settings.runtimeId() + "/" + correlation))
                .whenComplete((position, failure) -> {
                    if (failure != null) {
                        answer.completeExceptionally(EventMeshException.of(failure));
                    }
                });
        return answer;
    }

    private void check(Outgoing request, Duration timeout) {
        serving.require();
        if (timeout.isNegative() || timeout.isZero() || timeout.compareTo(settings.maxRequestTimeout()) > 0) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "timeout: %s (expected: longer than 0 and at most %s)"
                            .formatted(timeout, settings.maxRequestTimeout()));
        }
        if (request.notBeforeMillis() != 0) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID, "request: delayed (expected: at once, since somebody waits)");
        }
        if (count.incrementAndGet() > settings.maxRequests()) {
            count.decrementAndGet();
            throw new EventMeshException(
                    ErrorCode.OVERLOADED,
                    "requests that wait for their reply: %d (expected: at most %d)"
                            .formatted(settings.maxRequests(), settings.maxRequests()));
        }
    }

    /** As {@link io.eventmesh.spi.mesh.Mesh#reply}. */
    CompletionStage<Void> reply(CallContext context, String replyTo, Event reply) {
        try {
            Matcher parts = REPLY_TO.matcher(replyTo);
            if (!parts.matches()) {
                throw new EventMeshException(
                        ErrorCode.REQUEST_INVALID,
                        "%s: '%s' (expected: as it stands in the request)"
                                .formatted(ReservedAttributes.REPLY_TO, Names.shown(replyTo)));
            }
            Event checked = admission.checkReply(context, reply);
            return parts.group(1).equals(settings.runtimeId())
                    ? handOver(parts.group(2), checked)
                    : peers.reply(parts.group(1), parts.group(2), checked);
        } catch (EventMeshException refused) {
            return CompletableFuture.failedStage(refused);
        }
    }

    /** Hands a reply, which was checked where it came, to the request that waits here. */
    CompletionStage<Void> handOver(String correlation, Event reply) {
        CompletableFuture<Event> answer = waiting.remove(correlation);
        return answer != null && answer.complete(reply)
                ? CompletableFuture.completedStage(null)
                : CompletableFuture.failedStage(
                        new EventMeshException(ErrorCode.NOT_FOUND, "request: nobody waits for its reply any more"));
    }

    /** Completes when nobody waits any more: for those who still do after a while the answer is the cause. */
    CompletionStage<Void> drain(EventMeshException cause) {
        CompletableFuture<?>[] left = waiting.values().toArray(CompletableFuture[]::new);
        CompletableFuture<Void> answered = CompletableFuture.allOf(left).exceptionally(failed -> null);
        Scheduler.Timer timer = scheduler.schedule(LAST_REPLIES, () -> end(cause));
        return answered.whenComplete((nothing, never) -> timer.cancel());
    }

    /** Fails whoever waits. */
    void end(EventMeshException cause) {
        List.copyOf(waiting.values()).forEach(answer -> answer.completeExceptionally(cause));
    }
}
