package io.eventmesh.sdk;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.codec.JacksonCodec;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.event.EventBuilder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Between events and what an application calls its values. Thread-safe. */
final class Values {
    private final @Nullable Codec given;

    Values(@Nullable Codec given) {
        this.given = given;
    }

    /** @throws EventMeshException EVENT_INVALID for an event that is no such value */
    <T> T of(Event event, Class<T> type) {
        if (type == CloudEvent.class) {
            return type.cast(CloudEvents.toCloudEvent(event));
        }
        if (type == Event.class) {
            return type.cast(event);
        }
        if (type == byte[].class) {
            return type.cast(event.data());
        }
        if (type == String.class) {
            return type.cast(new String(event.data(), StandardCharsets.UTF_8));
        }
        return codec().decode(event.data(), type);
    }

    /** Puts a value into an event as its data. */
    void put(EventBuilder event, Object value) {
        if (value instanceof byte[] bytes) {
            event.dataContentType("application/octet-stream").data(bytes);
        } else if (value instanceof String text) {
            event.dataContentType("text/plain").text(text);
        } else {
            String contentType = codec().contentType();
            event.dataContentType(contentType).data(contentType, codec().encode(value));
        }
    }

    /**
     * Refuses a type for which there will be no codec.
     *
     * @throws EventMeshException NOT_SUPPORTED
     */
    void requireReadable(Class<?> type) {
        if (type != CloudEvent.class && type != Event.class) {
            requireWritable(type);
        }
    }

    /**
     * Refuses a type for which there will be no codec, and whole events, which are published as they are.
     *
     * @throws EventMeshException NOT_SUPPORTED
     */
    void requireWritable(Class<?> type) {
        if (CloudEvent.class.isAssignableFrom(type) || type == Event.class) {
            throw new EventMeshException(
                    ErrorCode.NOT_SUPPORTED,
                    "type: %s (expected: the data of an event; publish whole events as they are)"
                            .formatted(type.getName()));
        }
        if (type != byte[].class && type != String.class) {
            codec();
        }
    }

    private Codec codec() {
        return given == null ? OnClassPath.found() : given;
    }

    /** The codec that an application gets without asking. */
    private static final class OnClassPath {
        private static final @Nullable Codec JACKSON = jackson();

        private OnClassPath() {}

        static Codec found() {
            if (JACKSON == null) {
                throw new EventMeshException(
                        ErrorCode.NOT_SUPPORTED,
                        "codec: none (expected: one given to the builder, or jackson-databind on the class path)");
            }
            return JACKSON;
        }

        private static @Nullable Codec jackson() {
            try {
                Class.forName("com.fasterxml.jackson.databind.ObjectMapper", false, Values.class.getClassLoader());
                return new JacksonCodec();
            } catch (ClassNotFoundException | LinkageError absent) {
                return null;
            }
        }
    }
}
