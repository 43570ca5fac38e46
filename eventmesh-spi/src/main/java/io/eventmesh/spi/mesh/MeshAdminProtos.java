package io.eventmesh.spi.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.DeadLetterChoice;
import io.eventmesh.proto.v1.DeadLetterTopic;
import io.eventmesh.proto.v1.EventPlace;
import io.eventmesh.proto.v1.PartitionBounds;
import io.eventmesh.proto.v1.PeekStreamAnswer;
import io.eventmesh.proto.v1.ReadDeadLettersAnswer;
import io.eventmesh.proto.v1.SeekSubscriptionAnswer;
import io.eventmesh.proto.v1.SeekSubscriptionRequest;
import io.eventmesh.proto.v1.SettleDeadLettersAnswer;
import io.eventmesh.proto.v1.SettleDeadLettersRequest;
import io.eventmesh.proto.v1.SkippedLetter;
import io.eventmesh.proto.v1.StoredEvent;
import io.eventmesh.proto.v1.SubscribeRequest;
import io.eventmesh.proto.v1.SubscriptionRequest;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * From what operators ask of a mesh runtime to the messages of {@code mesh.proto} and back, the same at both ends of a
 * wire. Stateless.
 *
 * <p>What a message says wrongly is refused with REQUEST_INVALID.
 */
public final class MeshAdminProtos {
    private MeshAdminProtos() {}

    /** The namespace that a message names, or the default one. */
    public static String namespace(String named) {
        return named.isEmpty() ? Names.DEFAULT_NAMESPACE : named;
    }

    public static StreamName stream(String namespace, String name) {
        return new StreamName(namespace(namespace), name);
    }

    // streams

    public static io.eventmesh.proto.v1.StreamDetail toProto(StreamDetail detail) {
        io.eventmesh.proto.v1.StreamDetail.Builder message =
                io.eventmesh.proto.v1.StreamDetail.newBuilder().setStream(MeshProtos.toProto(detail.status()));
        for (StreamDetail.Bounds bounds : detail.partitions()) {
            message.addPartitions(PartitionBounds.newBuilder()
                    .setIndex(bounds.index())
                    .setFirst(bounds.first())
                    .setEnd(bounds.end()));
        }
        detail.groups().forEach(group -> message.addGroups(group.group() + "@" + group.pattern()));
        return message.build();
    }

    public static StreamDetail fromProto(io.eventmesh.proto.v1.StreamDetail message) {
        StreamStatus status = MeshProtos.fromProto(message.getStream());
        return new StreamDetail(
                status,
                message.getPartitionsList().stream()
                        .map(bounds -> new StreamDetail.Bounds(bounds.getIndex(), bounds.getFirst(), bounds.getEnd()))
                        .toList(),
                message.getGroupsList().stream()
                        .map(group -> subscription(status.name().namespace(), group))
                        .toList());
    }

    /** {@code group@pattern} as a name; a group's name has no {@code @}. */
    public static SubscriptionName subscription(String namespace, String text) {
        int at = text.indexOf('@');
        if (at < 0) {
            throw invalid("subscription: '%s' (expected: group@pattern)".formatted(Names.shown(text)));
        }
        return new SubscriptionName(namespace, text.substring(0, at), TopicPattern.of(text.substring(at + 1)));
    }

    public static PeekStreamAnswer toProto(Peek peek) {
        PeekStreamAnswer.Builder answer = PeekStreamAnswer.newBuilder()
                .setFirst(peek.first())
                .setNext(peek.next())
                .setEnd(peek.end());
        peek.records().forEach(record -> answer.addEvents(toProto(record)));
        return answer.build();
    }

    public static Peek fromProto(StreamName stream, PeekStreamAnswer answer) {
        return new Peek(records(stream, answer.getEventsList()), answer.getFirst(), answer.getNext(), answer.getEnd());
    }

    private static StoredEvent toProto(StoredRecord stored) {
        EventRecord record = stored.record();
        return StoredEvent.newBuilder()
                .setPartition(stored.position().partition().index())
                .setOffset(stored.position().offset())
                .setTopic(record.topic().value())
                .setKey(record.key() == null ? "" : record.key())
                .setAppendTimeMs(record.appendTimeMillis())
                .setHops(record.hops())
                .setTarget(record.target() == null ? "" : record.target())
                .setEvent(record.event().toByteString())
                .build();
    }

    private static List<StoredRecord> records(StreamName stream, List<StoredEvent> events) {
        return events.stream().map(event -> record(stream, event)).toList();
    }

    private static StoredRecord record(StreamName stream, StoredEvent event) {
        return new StoredRecord(
                new Position(new StreamPartition(stream, event.getPartition()), event.getOffset()),
                new EventRecord(
                        TopicName.of(event.getTopic()),
                        orNull(event.getKey()),
                        event.getAppendTimeMs(),
                        event.getHops(),
                        orNull(event.getTarget()),
                        null,
                        null,
                        0,
                        Event.rescan(event.getEvent().toByteArray())));
    }

    private static @Nullable String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    // subscriptions

    public static SubscriptionRequest toProto(SubscriptionName name) {
        return SubscriptionRequest.newBuilder()
                .setNamespace(name.namespace())
                .setGroup(name.group())
                .setPattern(name.pattern().value())
                .build();
    }

    public static SubscriptionName fromProto(SubscriptionRequest message) {
        return new SubscriptionName(
                namespace(message.getNamespace()),
                Names.requireGroup(message.getGroup()),
                TopicPattern.of(message.getPattern()));
    }

    public static io.eventmesh.proto.v1.SubscriptionDetail toProto(SubscriptionDetail detail) {
        io.eventmesh.proto.v1.SubscriptionDetail.Builder message = io.eventmesh.proto.v1.SubscriptionDetail.newBuilder()
                .setSubscription(MeshProtos.toProto(detail.status()))
                .setPaused(detail.paused())
                .setOldestAppendMs(detail.oldestAppendMillis())
                .setLagMs(detail.lagMillis());
        detail.places().forEach(place -> message.addPlaces(toProto(place)));
        return message.build();
    }

    public static SubscriptionDetail fromProto(io.eventmesh.proto.v1.SubscriptionDetail message) {
        SubscriptionStatus status = MeshProtos.fromProto(message.getSubscription());
        return new SubscriptionDetail(
                status,
                message.getPaused(),
                message.getOldestAppendMs(),
                message.getLagMs(),
                places(status.name().namespace(), message.getPlacesList()));
    }

    private static io.eventmesh.proto.v1.GroupPlace toProto(GroupPlace place) {
        return io.eventmesh.proto.v1.GroupPlace.newBuilder()
                .setStream(place.partition().stream().name())
                .setPartition(place.partition().index())
                .setWatermark(place.watermark())
                .setDoneAbove(place.doneAbove())
                .setEnd(place.end())
                .build();
    }

    private static List<GroupPlace> places(String namespace, List<io.eventmesh.proto.v1.GroupPlace> places) {
        return places.stream()
                .map(place -> new GroupPlace(
                        new StreamPartition(new StreamName(namespace, place.getStream()), place.getPartition()),
                        place.getWatermark(),
                        place.getDoneAbove(),
                        place.getEnd()))
                .toList();
    }

    public static SeekSubscriptionRequest seek(SubscriptionName name, Start start, boolean dryRun) {
        SeekSubscriptionRequest.Builder message = SeekSubscriptionRequest.newBuilder()
                .setSubscription(toProto(name))
                .setDryRun(dryRun);
        if (start instanceof Start.AtTime at) {
            message.setStartAt(
                    SubscribeRequest.StartAt.newBuilder().setTimeMs(at.time().toEpochMilli()));
        } else if (start instanceof Start.AtPosition at) {
            StreamPartition partition = at.position().partition();
            message.setStartAt(SubscribeRequest.StartAt.newBuilder()
                    .setPosition(SubscribeRequest.StreamPosition.newBuilder()
                            .setStream(partition.stream().name())
                            .setPartition(partition.index())
                            .setOffset(at.position().offset())));
        } else {
            message.setStart(
                    start instanceof Start.Earliest ? SubscribeRequest.Start.EARLIEST : SubscribeRequest.Start.LATEST);
        }
        return message.build();
    }

    /** Where the message says to go on. */
    public static Start start(SeekSubscriptionRequest message) {
        return switch (message.getToCase()) {
            case START ->
                switch (message.getStart()) {
                    case EARLIEST -> Start.earliest();
                    case LATEST -> Start.latest();
                    case UNRECOGNIZED -> throw invalid("start: unknown (expected: LATEST or EARLIEST)");
                };
            case START_AT -> startAt(namespace(message.getSubscription().getNamespace()), message.getStartAt());
            case TO_NOT_SET -> throw invalid("to: empty (expected: start or start_at)");
        };
    }

    private static Start startAt(String namespace, SubscribeRequest.StartAt at) {
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

    public static SeekSubscriptionAnswer toProto(MeshAdmin.Seek seek) {
        SeekSubscriptionAnswer.Builder answer = SeekSubscriptionAnswer.newBuilder();
        seek.before().forEach(place -> answer.addBefore(toProto(place)));
        seek.after().forEach(place -> answer.addAfter(toProto(place)));
        return answer.build();
    }

    public static MeshAdmin.Seek fromProto(String namespace, SeekSubscriptionAnswer answer) {
        return new MeshAdmin.Seek(places(namespace, answer.getBeforeList()), places(namespace, answer.getAfterList()));
    }

    // dead letters

    public static DeadLetterTopic toProto(DeadLetterDesk.Topic topic) {
        return DeadLetterTopic.newBuilder()
                .setNamespace(topic.stream().namespace())
                .setTopic(topic.stream().name())
                .setEvents(topic.events())
                .setBytes(topic.bytes())
                .setOldestMs(topic.oldestMillis())
                .setNewestMs(topic.newestMillis())
                .putAllCodes(topic.codes())
                .setCounted(topic.counted())
                .build();
    }

    public static DeadLetterDesk.Topic fromProto(DeadLetterTopic message) {
        return new DeadLetterDesk.Topic(
                new StreamName(message.getNamespace(), message.getTopic()),
                message.getEvents(),
                message.getBytes(),
                message.getOldestMs(),
                message.getNewestMs(),
                message.getCodesMap(),
                message.getCounted());
    }

    public static DeadLetterChoice toProto(DeadLetterDesk.Choice choice) {
        DeadLetterChoice.Builder message = DeadLetterChoice.newBuilder()
                .setFilter(choice.filter())
                .setCode(choice.code())
                .setStage(choice.stage())
                .setAfterMs(choice.afterMillis())
                .setBeforeMs(choice.beforeMillis());
        choice.places().forEach(place -> message.addPlaces(toProto(place)));
        return message.build();
    }

    public static DeadLetterDesk.Choice fromProto(DeadLetterChoice message) {
        return new DeadLetterDesk.Choice(
                message.getFilter(),
                message.getCode(),
                message.getStage(),
                message.getAfterMs(),
                message.getBeforeMs(),
                message.getPlacesList().stream().map(MeshAdminProtos::fromProto).toList());
    }

    private static EventPlace toProto(DeadLetterDesk.Place place) {
        return EventPlace.newBuilder()
                .setPartition(place.partition())
                .setOffset(place.offset())
                .build();
    }

    private static DeadLetterDesk.Place fromProto(EventPlace place) {
        return new DeadLetterDesk.Place(place.getPartition(), place.getOffset());
    }

    public static ReadDeadLettersAnswer toProto(DeadLetterDesk.Page page) {
        ReadDeadLettersAnswer.Builder answer =
                ReadDeadLettersAnswer.newBuilder().setNext(page.next()).setScanned(page.scanned());
        page.letters().forEach(letter -> answer.addLetters(toProto(letter)));
        return answer.build();
    }

    public static DeadLetterDesk.Page fromProto(StreamName topic, ReadDeadLettersAnswer answer) {
        return new DeadLetterDesk.Page(records(topic, answer.getLettersList()), answer.getNext(), answer.getScanned());
    }

    public static SettleDeadLettersRequest settle(
            StreamName topic, DeadLetterDesk.Order order, String cursor, int max, boolean dryRun) {
        return SettleDeadLettersRequest.newBuilder()
                .setNamespace(topic.namespace())
                .setTopic(topic.name())
                .setAction(
                        order.action() == DeadLetterDesk.Action.DISCARD
                                ? SettleDeadLettersRequest.Action.DISCARD
                                : SettleDeadLettersRequest.Action.REDRIVE)
                .setChoice(toProto(order.choice()))
                .setTo(order.to())
                .setMark(order.mark())
                .setCursor(cursor)
                .setMax(max)
                .setDryRun(dryRun)
                .build();
    }

    public static DeadLetterDesk.Order order(SettleDeadLettersRequest message) {
        DeadLetterDesk.Action action = switch (message.getAction()) {
            case REDRIVE -> DeadLetterDesk.Action.REDRIVE;
            case DISCARD -> DeadLetterDesk.Action.DISCARD;
            case UNRECOGNIZED -> throw invalid("action: unknown (expected: REDRIVE or DISCARD)");
        };
        return new DeadLetterDesk.Order(action, fromProto(message.getChoice()), message.getTo(), message.getMark());
    }

    public static SettleDeadLettersAnswer toProto(DeadLetterDesk.Step step) {
        SettleDeadLettersAnswer.Builder answer = SettleDeadLettersAnswer.newBuilder()
                .setNext(step.next())
                .setScanned(step.scanned())
                .setDone(step.done())
                .setBlocked(step.blocked());
        step.skipped()
                .forEach(skipped -> answer.addSkipped(SkippedLetter.newBuilder()
                        .setPlace(toProto(skipped.place()))
                        .setReason(skipped.reason())));
        return answer.build();
    }

    public static DeadLetterDesk.Step fromProto(SettleDeadLettersAnswer answer) {
        return new DeadLetterDesk.Step(
                answer.getNext(),
                answer.getScanned(),
                answer.getDone(),
                answer.getSkippedList().stream()
                        .map(skipped -> new DeadLetterDesk.Skipped(fromProto(skipped.getPlace()), skipped.getReason()))
                        .toList(),
                answer.getBlocked());
    }

    private static EventMeshException invalid(String message) {
        return new EventMeshException(ErrorCode.REQUEST_INVALID, message);
    }
}
