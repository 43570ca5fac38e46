package io.eventmesh.spi.event;

import io.cloudevents.CloudEventData;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Data of a CloudEvent whose form is not the one that its content type suggests, kept so that it comes back as it was.
 *
 * <p>Immutable as long as nobody changes the bytes, which the SDK hands out as they are.
 */
final class KindedData implements CloudEventData {
    private final DataKind kind;
    private final byte[] bytes;

    KindedData(DataKind kind, byte[] bytes) {
        this.kind = kind;
        this.bytes = bytes;
    }

    DataKind kind() {
        return kind;
    }

    @Override
    public byte[] toBytes() {
        return bytes;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof KindedData that && kind == that.kind && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * kind.hashCode() + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "KindedData[kind=%s, size=%d]".formatted(kind, bytes.length);
    }
}
