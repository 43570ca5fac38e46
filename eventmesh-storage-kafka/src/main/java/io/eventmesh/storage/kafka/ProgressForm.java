package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Progress;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.BitSet;
import java.util.Optional;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Progress as Kafka keeps it for us: the watermark is the committed offset; its metadata are, in base64, a format version
 * (1 byte), the topic's id (16 bytes) and the acked bits from the watermark on, the lowest bit of each byte first.
 *
 * <p>An offset that somebody else committed, such as an operator's tool, has no metadata and counts as a bare watermark.
 */
final class ProgressForm {
    /** What Kafka keeps beside an offset by default, in characters. */
    static final int MAX_METADATA = 4_096;

    private static final byte VERSION = 1;
    private static final int HEADER = 1 + 16;

    private ProgressForm() {}

    static OffsetAndMetadata write(Progress progress, Uuid topicId) {
        byte[] bits = progress.acked().toByteArray();
        byte[] form = ByteBuffer.allocate(HEADER + bits.length)
                .put(VERSION)
                .putLong(topicId.getMostSignificantBits())
                .putLong(topicId.getLeastSignificantBits())
                .put(bits)
                .array();
        return new OffsetAndMetadata(progress.watermark(), Base64.getEncoder().encodeToString(form));
    }

    /**
     * The progress, unless there is none or it is that of a topic which had the same name before.
     *
     * @throws EventMeshException DATA_CORRUPT when a newer version wrote it
     */
    static Optional<Progress> read(@Nullable OffsetAndMetadata committed, Uuid topicId) {
        if (committed == null) {
            return Optional.empty();
        }
        byte[] form = decoded(committed.metadata());
        if (form.length < HEADER) {
            return Optional.of(Progress.at(committed.offset()));
        }
        ByteBuffer in = ByteBuffer.wrap(form);
        byte version = in.get();
        if (version != VERSION) {
            throw new EventMeshException(
                    ErrorCode.DATA_CORRUPT,
                    "progress format: version %d (expected: %d, or a newer mesh)".formatted(version, VERSION));
        }
        if (!new Uuid(in.getLong(), in.getLong()).equals(topicId)) {
            return Optional.empty();
        }
        BitSet acked = BitSet.valueOf(in);
        return Optional.of(
                acked.length() > Progress.MAX_SPAN
                        ? Progress.at(committed.offset())
                        : Progress.of(committed.offset(), acked));
    }

    private static byte[] decoded(@Nullable String metadata) {
        if (metadata == null) {
            return new byte[0];
        }
        try {
            return Base64.getDecoder().decode(metadata);
        } catch (IllegalArgumentException foreign) {
            return new byte[0];
        }
    }
}
