package io.eventmesh.sdk.codec;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.sdk.Codec;
import java.io.IOException;

/** JSON by Jackson 2, which the application brings: {@code com.fasterxml.jackson.core:jackson-databind}. Thread-safe. */
public final class JacksonCodec implements Codec {
    private final ObjectMapper mapper;

    /** Passes over properties that a type does not know, and finds the modules on the class path. */
    public JacksonCodec() {
        this(new ObjectMapper().findAndRegisterModules().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES));
    }

    public JacksonCodec(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    @Override
    public String contentType() {
        return "application/json";
    }

    @Override
    public byte[] encode(Object value) {
        try {
            return mapper.writeValueAsBytes(value);
        } catch (JsonProcessingException failure) {
            throw invalid("value: %s (expected: one that can be JSON)", value.getClass(), failure);
        }
    }

    @Override
    public <T> T decode(byte[] data, Class<T> type) {
        T value;
        try {
            value = mapper.readValue(data, type);
        } catch (IOException failure) {
            throw invalid("data: unreadable (expected: JSON for %s)", type, failure);
        }
        if (value == null) {
            throw invalid("data: null (expected: JSON for %s)", type, null);
        }
        return value;
    }

    // Jackson's own message may quote the data, which must not reach logs: it stays in the cause.
    private static EventMeshException invalid(
            String message, Class<?> type, @org.jspecify.annotations.Nullable Throwable cause) {
        return new EventMeshException(ErrorCode.EVENT_INVALID, message.formatted(type.getName()), cause);
    }
}
