package io.eventmesh.protocol.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.AttributeNames;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.PassingEvent;
import io.eventmesh.spi.event.ReservedAttributes;
import io.eventmesh.spi.mesh.Outgoing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads what clients of EventMesh send: an event loses what was meant for the door alone. Stateless. */
final class Received {
    /** More events in one batch than anybody sends on purpose; each costs some memory, however small it is. */
    static final int MAX_BATCH = 10_000;

    /** What proves who a client is. None of it reaches storage or consumers. */
    static final Set<String> CREDENTIALS = Set.of("username", "passwd", "password", "token");

    /** What a client sends beside its event for the door alone, and what must not reach consumers. */
    private static final AttributeNames FOR_THE_DOOR = AttributeNames.of(
            Stream.of(CREDENTIALS, ReservedAttributes.DEAD_LETTER, Set.of("subject"))
                    .flatMap(Set::stream)
                    .collect(Collectors.toUnmodifiableSet()),
            Set.of(ReservedAttributes.PREFIX));

    private static final int BATCH_EVENTS = WireFormat.WIRETYPE_LENGTH_DELIMITED | 1 << 3;

    private Received() {}

    /**
     * The event without what was meant for the door, and the topic that stood in its last {@code subject}.
     *
     * @throws EventMeshException EVENT_TOO_LARGE, EVENT_INVALID or REQUEST_INVALID
     */
    static Outgoing outgoing(byte[] bytes, long maxEventSize) {
        requireSize(bytes.length, maxEventSize);
        return outgoing(Event.scan(bytes));
    }

    private static Outgoing outgoing(Event received) {
        String topic = received.subject();
        if (topic == null || topic.isEmpty()) {
            throw new EventMeshException(ErrorCode.REQUEST_INVALID, "subject: none (expected: the topic)");
        }
        return new Outgoing(TopicName.of(topic), received.without(FOR_THE_DOOR).compact());
    }

    /** The event of a reply without what was meant for the door; it goes to no topic. */
    static Event reply(Event received) {
        return LegalNames.of(received.without(FOR_THE_DOOR));
    }

    /** One event of a batch: what to publish, or why not. */
    record Item(@Nullable Outgoing outgoing, @Nullable EventMeshException refusal) {}

    /**
     * The events of an encoded {@code CloudEventBatch} in their order, each fit to be published or refused by itself.
     *
     * @throws EventMeshException EVENT_INVALID or REQUEST_INVALID when the batch itself cannot be read or is empty
     */
    static List<Item> batch(byte[] bytes, long maxEventSize) {
        List<Item> items = new ArrayList<>();
        CodedInputStream in = CodedInputStream.newInstance(bytes);
        PassingEvent passing = new PassingEvent();
        try {
            for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
                if (tag != BATCH_EVENTS) {
                    in.skipField(tag);
                    continue;
                }
                int length = in.readRawVarint32();
                int start = in.getTotalBytesRead();
                in.skipRawBytes(length);
                if (items.size() == MAX_BATCH) {
                    throw new EventMeshException(
                            ErrorCode.REQUEST_INVALID, "batch: more events (expected: <= %d)".formatted(MAX_BATCH));
                }
                items.add(item(passing, bytes, start, length, maxEventSize));
            }
        } catch (IOException malformed) {
            throw new EventMeshException(ErrorCode.EVENT_INVALID, "batch: malformed (expected: a CloudEventBatch)");
        }
        if (items.isEmpty()) {
            throw new EventMeshException(ErrorCode.REQUEST_INVALID, "batch: empty (expected: one event or more)");
        }
        return items;
    }

    private static Item item(PassingEvent passing, byte[] bytes, int start, int length, long maxEventSize) {
        try {
            requireSize(length, maxEventSize);
            return new Item(acceptable(outgoing(passing.at(bytes, start, length))), null);
        } catch (EventMeshException refused) {
            return new Item(null, refused);
        }
    }

    /**
     * The event with names that CloudEvents allows, where it breaks a rule; the same one where that would change nothing.
     */
    static Outgoing acceptable(Outgoing outgoing) {
        try {
            outgoing.event().requirePublishable();
            return outgoing;
        } catch (EventMeshException broken) {
            return renamed(outgoing).orElse(outgoing);
        }
    }

    /** The event with names that CloudEvents allows; empty if all of its names are, or no others can be found. */
    static Optional<Outgoing> renamed(Outgoing outgoing) {
        Event legal = LegalNames.of(outgoing.event());
        return legal == outgoing.event() ? Optional.empty() : Optional.of(new Outgoing(outgoing.topic(), legal));
    }

    private static void requireSize(int size, long max) {
        if (size > max) {
            throw new EventMeshException(
                    ErrorCode.EVENT_TOO_LARGE, "event size: %d (expected: <= %d)".formatted(size, max));
        }
    }
}
