package io.eventmesh.protocol.grpc;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Timestamp;
import com.google.protobuf.WireFormat;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import io.eventmesh.spi.event.AttributeNames;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Position;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What clients of EventMesh are answered: events with the attributes {@code statuscode}, {@code responsemessage} and
 * {@code time}. Thread-safe.
 */
final class EventMeshAnswers {
    /** What was asked for, and the status code of its failures that no other code fits. */
    enum Operation {
        PUBLISH("14"),
        BATCH("10"),
        SUBSCRIBE("17"),
        UNSUBSCRIBE("18"),
        HEARTBEAT("19");

        private final String failed;

        Operation(String failed) {
            this.failed = failed;
        }
    }

    /** A call lacks what says who its client is. */
    static final class HeaderRefused extends EventMeshException {
        private static final long serialVersionUID = 1L;

        HeaderRefused(String message) {
            super(ErrorCode.REQUEST_INVALID, message);
        }
    }

    private static final String OK = "0";
    private static final String RESUBSCRIBE = "30";
    private static final byte[] NOTHING = {};
    private static final String MESSAGE = "responsemessage";

    /**
     * Not to be echoed: credentials, and the attributes by which the client would take the answer for an event of a
     * topic.
     */
    private static final AttributeNames NOT_ECHOED = AttributeNames.of(
            Stream.concat(Received.CREDENTIALS.stream(), Stream.of("seqnum", "uniqueid"))
                    .collect(Collectors.toUnmodifiableSet()),
            Set.of());

    private final MeshClock clock;
    /** What answers to stored events have in common, made anew each second: they differ in their message only. */
    private volatile Success success;

    EventMeshAnswers(MeshClock clock) {
        this.clock = clock;
        this.success = new Success(-1, NOTHING);
    }

    InputStream published(TopicName topic, Position position) {
        return success("success SendResult[topic=" + topic.value() + ", messageId=" + position.offset() + "-"
                + position.partition().index() + "]");
    }

    /** That everything of the operation was done. */
    InputStream done(Operation operation) {
        return success(
                switch (operation) {
                    case PUBLISH -> "success";
                    case BATCH -> "success batch publish success";
                    case SUBSCRIBE -> "success subscribe success";
                    case UNSUBSCRIBE -> "success unsubscribe success";
                    case HEARTBEAT -> "success heartbeat success";
                });
    }

    /** The client shall subscribe again: what it takes for subscribed is not. */
    InputStream subscribeAgain(String what) {
        return DeliveryFrames.of(status(RESUBSCRIBE, "client should subscribe again: " + what, second())
                .toByteArray());
    }

    InputStream refusal(Operation operation, EventMeshException failure) {
        return refusal(operation, failure, message(failure));
    }

    InputStream refusal(Operation operation, EventMeshException failure, String message) {
        return DeliveryFrames.of(
                status(statusCode(operation, failure), message, second()).toByteArray());
    }

    /** The subscription's own event with its outcome, to be sent on its stream: its content tells the client what it is. */
    InputStream subscribed(Event subscription) {
        return echo(subscription, OK, "subscribe success", SubscriptionItem.isArray(subscription.data()));
    }

    InputStream notSubscribed(Event subscription, EventMeshException failure) {
        return echo(
                subscription,
                statusCode(Operation.SUBSCRIBE, failure),
                message(failure),
                SubscriptionItem.isArray(subscription.data()));
    }

    /** That a message on a stream was not even an event. */
    InputStream unreadable(EventMeshException failure) {
        return echo(Event.builder().build(), statusCode(Operation.SUBSCRIBE, failure), message(failure), false);
    }

    private InputStream echo(Event subscription, String code, String message, boolean withContent) {
        CloudEvent outcome = status(code, message, second()).toBuilder()
                .putAttributes("datacontenttype", text("application/json"))
                // the client fails on whatever is no array here
                .setTextDataBytes(
                        withContent ? ByteString.copyFrom(subscription.data()) : ByteString.copyFromUtf8("[]"))
                .build();
        return new Bytes.Parts(
                NOTHING, new DeliveryFrames.EventBody(subscription.without(NOT_ECHOED)), outcome.toByteArray());
    }

    /** Only attributes, so that its bytes may be put after those of another event. */
    private static CloudEvent status(String code, String message, long second) {
        return CloudEvent.newBuilder()
                .putAttributes("statuscode", text(code))
                .putAttributes(MESSAGE, text(message))
                .putAttributes(
                        "time",
                        CloudEventAttributeValue.newBuilder()
                                .setCeTimestamp(Timestamp.newBuilder().setSeconds(second))
                                .build())
                .build();
    }

    static CloudEventAttributeValue text(String value) {
        return CloudEventAttributeValue.newBuilder().setCeString(value).build();
    }

    private InputStream success(String message) {
        long second = second();
        Success last = success;
        if (last.second != second) {
            CloudEvent common =
                    status(OK, "", second).toBuilder().removeAttributes(MESSAGE).build();
            last = new Success(second, common.toByteArray());
            success = last;
        }
        return new Bytes.Parts(last.bytes, DeliveryFrames.NO_BODY, messageEntry(message));
    }

    /** The map entry of the message by itself, since this is what answers to publishers differ in. */
    private static byte[] messageEntry(String message) {
        byte[] name = MESSAGE.getBytes(StandardCharsets.US_ASCII);
        byte[] text = message.getBytes(StandardCharsets.UTF_8);
        int value = sizeOf(text.length);
        int entry = sizeOf(name.length) + sizeOf(value);
        byte[] bytes = new byte[sizeOf(entry)];
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        try {
            header(out, CloudEvent.ATTRIBUTES_FIELD_NUMBER, entry);
            header(out, 1, name.length);
            out.writeRawBytes(name);
            header(out, 2, value);
            header(out, CloudEventAttributeValue.CE_STRING_FIELD_NUMBER, text.length);
            out.writeRawBytes(text);
        } catch (IOException e) {
            throw new IllegalStateException("The size of an answer was computed wrongly", e);
        }
        return bytes;
    }

    private static void header(CodedOutputStream out, int field, int length) throws IOException {
        out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt32NoTag(length);
    }

    private static int sizeOf(int length) {
        return 1 + CodedOutputStream.computeUInt32SizeNoTag(length) + length;
    }

    private long second() {
        return Math.floorDiv(clock.millis(), 1000L);
    }

    static String message(EventMeshException failure) {
        return failure.code().name() + " " + failure.reason();
    }

    private static String statusCode(Operation operation, EventMeshException failure) {
        return failure instanceof HeaderRefused ? "6" : statusCode(operation, failure.code());
    }

    /** The status codes of EventMesh 1.x, as its clients know them. */
    static String statusCode(Operation operation, ErrorCode code) {
        return switch (code) {
            case OVERLOADED, STORAGE_FULL -> "1";
            case NOT_SUPPORTED -> "2";
            case EVENT_INVALID, EVENT_TOO_LARGE, REQUEST_INVALID, RULE_INVALID, IDEMPOTENCY_MISMATCH -> "7";
            case SHUTTING_DOWN -> "8";
            case UNAUTHENTICATED, PERMISSION_DENIED -> "20";
            case RATE_LIMITED, QUOTA_EXCEEDED -> "21";
            case VERSION_CONFLICT,
                    ALREADY_EXISTS,
                    PRECONDITION_FAILED,
                    PRECONDITION_REQUIRED,
                    FENCED,
                    NOT_LEADER,
                    TOPIC_NOT_FOUND,
                    NOT_FOUND,
                    STORAGE_UNAVAILABLE,
                    META_UNAVAILABLE,
                    DELIVERY_FAILED,
                    DEADLINE_EXCEEDED,
                    CONFIG_INVALID,
                    PORT_IN_USE,
                    STORAGE_OWNED,
                    DATABASE_OWNED,
                    PLUGIN_UNKNOWN,
                    CONNECTOR_CONFIG_INVALID,
                    INTERNAL,
                    DATA_CORRUPT -> operation.failed;
        };
    }

    private static final class Success {
        final long second;
        final byte[] bytes;

        Success(long second, byte[] bytes) {
            this.second = second;
            this.bytes = bytes;
        }
    }
}
