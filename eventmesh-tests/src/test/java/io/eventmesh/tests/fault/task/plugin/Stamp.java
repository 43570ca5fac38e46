package io.eventmesh.tests.fault.task.plugin;

import java.nio.charset.StandardCharsets;

/**
 * What a numbered event says of itself.
 *
 * @param partition of the source
 * @param number counted from 1 in its partition, without gaps
 * @param term of the right under which it was read
 * @param epoch of that right
 * @param atMillis wall time of the reading
 */
public record Stamp(String partition, long number, long term, long epoch, long atMillis) {
    /** Whether it was read under an older right than the other one, which must be of the same partition. */
    public boolean isOlderThan(Stamp other) {
        return term != other.term ? term < other.term : epoch < other.epoch;
    }

    public byte[] encode() {
        return "%s %d %d %d %d"
                .formatted(partition, number, term, epoch, atMillis)
                .getBytes(StandardCharsets.UTF_8);
    }

    public static Stamp decode(byte[] text) {
        String[] parts = new String(text, StandardCharsets.UTF_8).split(" ", -1);
        return new Stamp(
                parts[0],
                Long.parseLong(parts[1]),
                Long.parseLong(parts[2]),
                Long.parseLong(parts[3]),
                Long.parseLong(parts[4]));
    }
}
