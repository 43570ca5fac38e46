package io.eventmesh.spi.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.PutSubscriptionRequest;
import io.eventmesh.proto.v1.Stream;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.proto.v1.Subscription;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.target.Destination;
import java.time.Duration;
import java.time.Instant;

/**
 * From this package's types to the messages of {@code mesh.proto} and back, the same at both ends of a wire. Stateless.
 *
 * <p>What a message says wrongly is refused with REQUEST_INVALID.
 */
public final class MeshProtos {
    private MeshProtos() {}

    public static io.eventmesh.proto.v1.TaskFence toProto(TaskFence fence) {
        return io.eventmesh.proto.v1.TaskFence.newBuilder()
                .setTask(fence.task())
                .setTerm(fence.term())
                .setEpoch(fence.epoch())
                .build();
    }

    public static TaskFence fromProto(io.eventmesh.proto.v1.TaskFence fence) {
        return new TaskFence(fence.getTask(), fence.getTerm(), fence.getEpoch());
    }

    public static io.eventmesh.proto.v1.RetryPolicy toProto(RetryPolicy retry) {
        return io.eventmesh.proto.v1.RetryPolicy.newBuilder()
                .setMaxAttempts(retry.maxAttempts())
                .setInitialDelayMs(retry.initialDelay().toMillis())
                .setMultiplier(retry.multiplier())
                .setMaxDelayMs(retry.maxDelay().toMillis())
                .build();
    }

    public static RetryPolicy fromProto(io.eventmesh.proto.v1.RetryPolicy retry) {
        return new RetryPolicy(
                retry.getMaxAttempts(),
                Duration.ofMillis(retry.getInitialDelayMs()),
                retry.getMultiplier(),
                Duration.ofMillis(retry.getMaxDelayMs()));
    }

    public static io.eventmesh.proto.v1.Destination toProto(Destination destination) {
        return io.eventmesh.proto.v1.Destination.newBuilder()
                .setKind(destination.kind())
                .setSpec(destination.spec())
                .build();
    }

    public static Destination fromProto(io.eventmesh.proto.v1.Destination destination) {
        return new Destination(destination.getKind(), destination.getSpec());
    }

    /** The terms as the first frame of a stream carries them; a destination among them is left out. */
    public static SubscribeRequest.Open open(String namespace, SubscribeTerms terms) {
        DeliveryTerms delivery = terms.delivery();
        SubscribeRequest.Open.Builder open = SubscribeRequest.Open.newBuilder()
                .setNamespace(namespace)
                .setGroup(terms.group())
                .setPattern(terms.pattern().value())
                .setMode(
                        terms.mode() == Mode.BROADCASTING
                                ? SubscribeRequest.Mode.BROADCASTING
                                : SubscribeRequest.Mode.CLUSTERING)
                .setRetry(toProto(delivery.retry()))
                .setAckTimeoutMs(delivery.ackTimeout().toMillis())
                .setUnordered(!delivery.ordered())
                .setFilter(delivery.filter())
                .setClient(terms.client());
        Start start = terms.start();
        if (start instanceof Start.Earliest) {
            open.setStart(SubscribeRequest.Start.EARLIEST);
        } else if (start instanceof Start.AtTime at) {
            open.setStartAt(
                    SubscribeRequest.StartAt.newBuilder().setTimeMs(at.time().toEpochMilli()));
        } else if (start instanceof Start.AtPosition at) {
            Position position = at.position();
            open.setStartAt(SubscribeRequest.StartAt.newBuilder()
                    .setPosition(SubscribeRequest.StreamPosition.newBuilder()
                            .setStream(position.partition().stream().name())
                            .setPartition(position.partition().index())
                            .setOffset(position.offset())));
        }
        return open.build();
    }

    /** The terms with their destination, for a subscription that nobody attaches to. */
    public static PutSubscriptionRequest put(String namespace, SubscribeTerms terms) {
        PutSubscriptionRequest.Builder put =
                PutSubscriptionRequest.newBuilder().setSubscription(open(namespace, terms));
        Destination destination = terms.delivery().destination();
        if (destination != null) {
            put.setDestination(toProto(destination));
        }
        return put.build();
    }

    /** @param namespace the caller's, where the message names none */
    public static SubscribeTerms terms(String namespace, PutSubscriptionRequest put) {
        SubscribeTerms terms = terms(namespace, put.getSubscription());
        if (!put.hasDestination()) {
            return terms;
        }
        return new SubscribeTerms(
                terms.group(),
                terms.pattern(),
                terms.mode(),
                terms.start(),
                terms.delivery().withDestination(fromProto(put.getDestination())),
                terms.client());
    }

    /** @param namespace the caller's, where the frame names none */
    public static SubscribeTerms terms(String namespace, SubscribeRequest.Open open) {
        DeliveryTerms defaults = DeliveryTerms.DEFAULT;
        DeliveryTerms delivery = new DeliveryTerms(
                open.hasRetry() ? fromProto(open.getRetry()) : defaults.retry(),
                open.getAckTimeoutMs() == 0 ? defaults.ackTimeout() : Duration.ofMillis(open.getAckTimeoutMs()),
                !open.getUnordered(),
                open.getFilter(),
                null);
        Mode mode = switch (open.getMode()) {
            case CLUSTERING -> Mode.CLUSTERING;
            case BROADCASTING -> Mode.BROADCASTING;
            case UNRECOGNIZED -> throw invalid("mode: unknown (expected: CLUSTERING or BROADCASTING)");
        };
        return new SubscribeTerms(
                open.getGroup(),
                TopicPattern.of(open.getPattern()),
                mode,
                start(open.getNamespace().isEmpty() ? namespace : open.getNamespace(), open),
                delivery,
                open.getClient());
    }

    private static Start start(String namespace, SubscribeRequest.Open open) {
        if (!open.hasStartAt()) {
            return switch (open.getStart()) {
                case EARLIEST -> Start.earliest();
                case LATEST -> Start.latest();
                case UNRECOGNIZED -> throw invalid("start: unknown (expected: LATEST or EARLIEST)");
            };
        }
        SubscribeRequest.StartAt at = open.getStartAt();
        return switch (at.getAtCase()) {
            case TIME_MS -> new Start.AtTime(Instant.ofEpochMilli(at.getTimeMs()));
            case POSITION -> {
                SubscribeRequest.StreamPosition position = at.getPosition();
                yield new Start.AtPosition(new Position(
                        new StreamPartition(new StreamName(namespace, position.getStream()), position.getPartition()),
                        position.getOffset()));
            }
            case AT_NOT_SET -> throw invalid("start_at: empty (expected: time_ms or position)");
        };
    }

    public static Stream toProto(StreamStatus status) {
        return Stream.newBuilder()
                .setNamespace(status.name().namespace())
                .setName(status.name().name())
                .setPartitions(status.partitions())
                .setEvents(status.events())
                .setBytes(status.bytes())
                .setDurability(status.durability().name())
                .build();
    }

    public static StreamStatus fromProto(Stream stream) {
        return new StreamStatus(
                new StreamName(stream.getNamespace(), stream.getName()),
                stream.getPartitions(),
                stream.getEvents(),
                stream.getBytes(),
                Durability.valueOf(stream.getDurability()));
    }

    public static Subscription toProto(SubscriptionStatus status) {
        DeliveryTerms terms = status.terms();
        Subscription.Builder subscription = Subscription.newBuilder()
                .setNamespace(status.name().namespace())
                .setGroup(status.name().group())
                .setPattern(status.name().pattern().value())
                .setState(status.state().name())
                .setMembers(status.members())
                .setLagEvents(status.lagEvents())
                .setInFlight(status.inFlight())
                .setParked(status.parked())
                .setRetry(toProto(terms.retry()))
                .setAckTimeoutMs(terms.ackTimeout().toMillis())
                .setUnordered(!terms.ordered())
                .setFilter(terms.filter())
                .setProblem(status.problem());
        Destination destination = terms.destination();
        if (destination != null) {
            subscription.setDestination(toProto(destination));
        }
        for (Gap gap : status.gaps()) {
            subscription.addGaps(io.eventmesh.proto.v1.Gap.newBuilder()
                    .setStream(gap.partition().stream().name())
                    .setPartition(gap.partition().index())
                    .setFrom(gap.from())
                    .setTo(gap.to())
                    .setCount(gap.count())
                    .setWhy(gap.why().name()));
        }
        return subscription.build();
    }

    public static SubscriptionStatus fromProto(Subscription one) {
        String namespace = one.getNamespace();
        DeliveryTerms terms = new DeliveryTerms(
                one.hasRetry() ? fromProto(one.getRetry()) : RetryPolicy.DEFAULT,
                one.getAckTimeoutMs() == 0
                        ? DeliveryTerms.DEFAULT.ackTimeout()
                        : Duration.ofMillis(one.getAckTimeoutMs()),
                !one.getUnordered(),
                one.getFilter(),
                one.hasDestination() ? fromProto(one.getDestination()) : null);
        return new SubscriptionStatus(
                new SubscriptionName(namespace, one.getGroup(), TopicPattern.of(one.getPattern())),
                SubscriptionStatus.State.valueOf(one.getState()),
                terms,
                one.getMembers(),
                one.getLagEvents(),
                one.getInFlight(),
                one.getParked(),
                one.getGapsList().stream()
                        .map(gap -> new Gap(
                                new StreamPartition(new StreamName(namespace, gap.getStream()), gap.getPartition()),
                                gap.getFrom(),
                                gap.getTo(),
                                gap.getCount(),
                                Gap.Why.valueOf(gap.getWhy())))
                        .toList(),
                one.getProblem());
    }

    private static EventMeshException invalid(String message) {
        return new EventMeshException(ErrorCode.REQUEST_INVALID, message);
    }
}
