package io.eventmesh.spi.event;

import com.google.protobuf.Any;
import com.google.protobuf.Message;
import io.cloudevents.CloudEventData;
import java.util.Objects;

/**
 * Data of a CloudEvent that is a protobuf message. Its bytes are those of the {@link Any} around it.
 *
 * <p>Immutable and thread-safe.
 */
public record ProtoData(Any any) implements CloudEventData {
    public ProtoData {
        Objects.requireNonNull(any);
    }

    /** Wraps a message, which is packed into an {@link Any} unless it is one. */
    public static ProtoData of(Message message) {
        return new ProtoData(message instanceof Any any ? any : Any.pack(message));
    }

    @Override
    public byte[] toBytes() {
        return any.toByteArray();
    }
}
