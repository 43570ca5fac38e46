package io.eventmesh.protocol.grpc;

import com.google.protobuf.Timestamp;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.proto.cloudevents.CloudEvent;
import io.eventmesh.proto.cloudevents.CloudEvent.CloudEventAttributeValue;
import io.eventmesh.spi.event.Event;
import java.io.InputStream;

/**
 * What clients of EventMesh are answered: events with the attributes {@code statuscode}, {@code responsemessage} and
 * {@code time}. Thread-safe.
 */
final class EventMeshAnswers {
    private static final String OK = "0";
    private static final String NOT_SUBSCRIBED = "17";
    private static final byte[] NOTHING = {};

    private final MeshClock clock;
    /** The answer to a stored event, made anew each second: it differs in its time only. */
    private volatile Published published;

    EventMeshAnswers(MeshClock clock) {
        this.clock = clock;
        this.published = new Published(-1, NOTHING);
    }

    InputStream published() {
        long second = clock.millis() / 1000;
        Published last = published;
        if (last.second != second) {
            last = new Published(second, status(OK, "success", second).toByteArray());
            published = last;
        }
        return stream(last.bytes);
    }

    InputStream refusal(EventMeshException failure) {
        return stream(status(statusCode(failure.code()), message(failure), clock.millis() / 1000)
                .toByteArray());
    }

    /** The subscription's own event with its outcome: its content tells the client what it is. */
    InputStream subscribed(Event subscription) {
        return echo(subscription, OK, "subscribe success");
    }

    InputStream notSubscribed(Event subscription, EventMeshException failure) {
        return echo(subscription, NOT_SUBSCRIBED, message(failure));
    }

    private InputStream echo(Event subscription, String code, String message) {
        Event bare = subscription.without(name -> name.equals("passwd") || name.equals("token"));
        byte[] outcome = status(code, message, clock.millis() / 1000).toByteArray();
        return new Bytes.Parts(NOTHING, new DeliveryFrames.EventBody(bare), outcome);
    }

    /** Only the three attributes, so that its bytes may be put after those of another event. */
    private static CloudEvent status(String code, String message, long second) {
        return CloudEvent.newBuilder()
                .putAttributes("statuscode", text(code))
                .putAttributes("responsemessage", text(message))
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

    private static InputStream stream(byte[] bytes) {
        return DeliveryFrames.of(bytes);
    }

    private static String message(EventMeshException failure) {
        return failure.code().name() + " " + failure.reason();
    }

    /** The status codes of EventMesh 1.x, as its clients know them. */
    static String statusCode(ErrorCode code) {
        return switch (code) {
            case OVERLOADED, STORAGE_FULL -> "1";
            case EVENT_INVALID, EVENT_TOO_LARGE, REQUEST_INVALID, RULE_INVALID, IDEMPOTENCY_MISMATCH -> "7";
            case SHUTTING_DOWN -> "8";
            case VERSION_CONFLICT,
                    ALREADY_EXISTS,
                    NOT_SUPPORTED,
                    PRECONDITION_FAILED,
                    PRECONDITION_REQUIRED,
                    FENCED,
                    NOT_LEADER -> "9";
            case TOPIC_NOT_FOUND, NOT_FOUND, STORAGE_UNAVAILABLE, META_UNAVAILABLE, DEADLINE_EXCEEDED -> "14";
            case UNAUTHENTICATED, PERMISSION_DENIED -> "20";
            case RATE_LIMITED, QUOTA_EXCEEDED -> "21";
            case CONFIG_INVALID,
                    PORT_IN_USE,
                    STORAGE_OWNED,
                    DATABASE_OWNED,
                    DELIVERY_FAILED,
                    PLUGIN_UNKNOWN,
                    CONNECTOR_CONFIG_INVALID,
                    INTERNAL,
                    DATA_CORRUPT -> "16";
        };
    }

    private static final class Published {
        final long second;
        final byte[] bytes;

        Published(long second, byte[] bytes) {
            this.second = second;
            this.bytes = bytes;
        }
    }
}
