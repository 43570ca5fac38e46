package io.eventmesh.protocol.grpc;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.protocol.grpc.EventMeshAnswers.Operation;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mesh;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.storage.Position;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The calls of EventMesh's producers. Thread-safe. */
final class EventMeshPublishers {
    /** As the SDK writes it on each message. */
    private static final long USUAL_TTL_MILLIS = 4_000;

    private static final long MAX_TTL_MILLIS = Duration.ofMinutes(5).toMillis();
    private static final byte[] EMPTY = {};

    private final Door door;
    private final Mesh mesh;
    private final EventMeshAnswers answers;
    private final long maxEventSize;

    EventMeshPublishers(Door door, EventMeshAnswers answers) {
        this.door = door;
        this.mesh = door.mesh();
        this.answers = answers;
        this.maxEventSize = door.context().maxEventSize().bytes();
    }

    void publish(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        Outgoing outgoing = Received.outgoing(message, maxEventSize);
        // no stages in between: this is the path of every event
        mesh.publish(caller, outgoing).whenComplete((position, failure) -> {
            if (failure == null) {
                call.succeed(answers.published(outgoing.topic(), position));
            } else {
                orRenamed(outgoing, failure, renamed -> mesh.publish(caller, renamed))
                        .whenComplete((second, why) -> {
                            if (why == null) {
                                call.succeed(answers.published(outgoing.topic(), second));
                            } else {
                                call.fail(why);
                            }
                        });
            }
        });
    }

    /** Its caller learns of a refusal by the call's status, since the answer has no room for one. */
    void publishOneWay(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        Outgoing outgoing = Received.acceptable(Received.outgoing(message, maxEventSize));
        call.completeWith(mesh.publish(caller, outgoing).thenApply(position -> DeliveryFrames.of(EMPTY)));
    }

    void batchPublish(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        batch(caller, message).whenComplete((failed, failure) -> {
            if (failure != null) {
                call.fail(failure);
            } else if (failed.isEmpty()) {
                call.succeed(answers.done(Operation.BATCH));
            } else {
                call.succeed(answers.refusal(Operation.BATCH, failed.get(0).why, message(failed)));
            }
        });
    }

    void batchPublishOneWay(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        batch(caller, message).whenComplete((failed, failure) -> {
            if (failure != null) {
                call.fail(failure);
            } else if (failed.isEmpty()) {
                call.succeed(DeliveryFrames.of(EMPTY));
            } else {
                call.fail(new EventMeshException(failed.get(0).why.code(), message(failed)));
            }
        });
    }

    /** An event of a batch that was not taken. */
    private record Failed(int index, EventMeshException why) {}

    /** Publishes those events of the batch that may be, in their order; completes with the others. */
    private CompletionStage<List<Failed>> batch(CallContext caller, byte[] message) {
        List<Received.Item> items = Received.batch(message, maxEventSize);
        List<Outgoing> accepted = new ArrayList<>(items.size());
        for (Received.Item item : items) {
            if (item.outgoing() != null) {
                accepted.add(item.outgoing());
            }
        }
        List<CompletableFuture<Position>> stages = mesh.publish(caller, accepted).stream()
                .map(CompletionStage::toCompletableFuture)
                .toList();
        return CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new))
                .handle((done, unused) -> failed(items, stages));
    }

    private static List<Failed> failed(List<Received.Item> items, List<CompletableFuture<Position>> stages) {
        List<Failed> failed = new ArrayList<>();
        int published = 0;
        for (int index = 0; index < items.size(); index++) {
            int at = index;
            EventMeshException refusal = items.get(index).refusal();
            if (refusal != null) {
                failed.add(new Failed(index, refusal));
            } else {
                stages.get(published++).whenComplete((position, why) -> {
                    if (why != null) {
                        failed.add(new Failed(at, Statuses.ours(why)));
                    }
                });
            }
        }
        return failed;
    }

    private static String message(List<Failed> failed) {
        Failed first = failed.get(0);
        return "events not taken: %d, the first of them event %d of the batch: %s"
                .formatted(failed.size(), first.index, EventMeshAnswers.message(first.why));
    }

    /** Answers with the reply, or fails: an echo of the request would be taken for its reply. */
    void request(CallContext caller, byte[] message, UnaryCall<byte[], InputStream> call) {
        Outgoing outgoing = Received.outgoing(message, maxEventSize);
        Duration timeout = timeout(caller, outgoing);
        mesh.request(caller, outgoing, timeout).whenComplete((reply, failure) -> {
            if (failure == null) {
                call.succeed(StreamTopic.reply(reply));
            } else {
                call.completeWith(orRenamed(outgoing, failure, renamed -> mesh.request(caller, renamed, timeout))
                        .thenApply(StreamTopic::reply));
            }
        });
    }

    private Duration timeout(CallContext caller, Outgoing request) {
        long millis = ttlMillis(request.event().attribute("ttl"));
        if (caller.deadlineNanos() != 0) {
            long left = TimeUnit.NANOSECONDS.toMillis(
                    caller.deadlineNanos() - door.context().clock().nanoTime());
            if (left <= 0) {
                throw new EventMeshException(
                        ErrorCode.DEADLINE_EXCEEDED, "deadline: passed (expected: time for a reply)");
            }
            millis = Math.min(millis, left);
        }
        return Duration.ofMillis(millis);
    }

    private static long ttlMillis(@Nullable String ttl) {
        if (ttl != null && ttl.length() <= 18 && !ttl.isEmpty() && ttl.chars().allMatch(c -> c >= '0' && c <= '9')) {
            long millis = Long.parseLong(ttl);
            return millis == 0 ? USUAL_TTL_MILLIS : Math.min(millis, MAX_TTL_MILLIS);
        }
        return USUAL_TTL_MILLIS;
    }

    /**
     * A second attempt for an event that was refused for its names, under others. Names are looked at only then, since
     * most events have good ones.
     */
    private static <T> CompletionStage<T> orRenamed(
            Outgoing refused, Throwable failure, Function<Outgoing, CompletionStage<T>> attempt) {
        EventMeshException why = Statuses.ours(failure);
        if (why.code() == ErrorCode.EVENT_INVALID) {
            Optional<Outgoing> renamed = Received.renamed(refused);
            if (renamed.isPresent()) {
                return attempt.apply(renamed.get());
            }
        }
        return CompletableFuture.failedStage(why);
    }
}
