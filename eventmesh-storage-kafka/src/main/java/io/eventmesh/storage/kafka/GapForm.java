package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.StreamPartition;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * What a group missed of a partition as a record's value, in big-endian order: {@code version(1) namespace stream count(4)}
 * and for each gap {@code from(8) to(8) records(8) why(1) noted(8)}. A text is the length of its UTF-8 in bytes as a 4-byte
 * number, and the UTF-8.
 */
final class GapForm {
    /** A gap, and the wall time in milliseconds when it was noted. */
    record Noted(Gap gap, long atMillis) {}

    private static final byte VERSION = 1;
    private static final int GAP_SIZE = 8 + 8 + 8 + 1 + 8;
    private static final Gap.Why[] WHY = {Gap.Why.RETENTION, Gap.Why.CUT_OFF, Gap.Why.CORRUPTION};

    private GapForm() {}

    /** @param gaps one or more, of one partition */
    static byte[] write(List<Noted> gaps) {
        StreamName stream = gaps.get(0).gap().partition().stream();
        byte[] namespace = stream.namespace().getBytes(UTF_8);
        byte[] name = stream.name().getBytes(UTF_8);
        ByteBuffer out = ByteBuffer.allocate(1 + 4 + namespace.length + 4 + name.length + 4 + gaps.size() * GAP_SIZE);
        out.put(VERSION)
                .putInt(namespace.length)
                .put(namespace)
                .putInt(name.length)
                .put(name);
        out.putInt(gaps.size());
        for (Noted each : gaps) {
            Gap gap = each.gap();
            byte why = (byte) List.of(WHY).indexOf(gap.why());
            out.putLong(gap.from())
                    .putLong(gap.to())
                    .putLong(gap.count())
                    .put(why)
                    .putLong(each.atMillis());
        }
        return out.array();
    }

    /** @throws IllegalArgumentException if this is not what {@link #write} wrote */
    static List<Noted> read(int partition, byte[] value) {
        try {
            ByteBuffer in = ByteBuffer.wrap(value);
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("gaps: version %d (expected: %d)".formatted(version, VERSION));
            }
            StreamPartition place = new StreamPartition(new StreamName(text(in), text(in)), partition);
            int count = in.getInt();
            List<Noted> gaps = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long from = in.getLong();
                long to = in.getLong();
                long records = in.getLong();
                int why = in.get();
                if (why < 0 || why >= WHY.length) {
                    throw new IllegalArgumentException("gaps: why %d (expected: 0..%d)".formatted(why, WHY.length - 1));
                }
                gaps.add(new Noted(new Gap(place, from, to, records, WHY[why]), in.getLong()));
            }
            return List.copyOf(gaps);
        } catch (BufferUnderflowException cut) {
            throw new IllegalArgumentException("gaps: cut off", cut);
        }
    }

    private static String text(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0 || length > in.remaining()) {
            throw new IllegalArgumentException(
                    "gaps: text of %d bytes (expected: 0..%d)".formatted(length, in.remaining()));
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, UTF_8);
    }
}
