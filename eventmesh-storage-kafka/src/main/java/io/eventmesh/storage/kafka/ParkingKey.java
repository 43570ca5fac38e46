package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.kafka.common.Uuid;

/**
 * The key of a record in the parking topic: {@code kind|topic id|partition|offset|incarnation}, readable by people.
 *
 * @param kind what the record says
 * @param incarnation of the group
 * @param topicId of the stream's topic
 * @param partition of the stream
 * @param offset of the parked event; 0 for what is said of a whole partition
 */
record ParkingKey(Kind kind, String incarnation, Uuid topicId, int partition, long offset) {
    enum Kind {
        /** Who may park events of a partition. */
        FENCE,
        /** An event's ticket. */
        TICKET,
        /** An event's content. */
        CONTENT,
        /** What the group missed of a partition. */
        GAPS,
        /** How far the group is in a partition. */
        PROGRESS
    }

    private static final int PARTS = 5;

    byte[] bytes() {
        return "%c|%s|%d|%d|%s"
                .formatted(kind.name().charAt(0), topicId, partition, offset, incarnation)
                .getBytes(UTF_8);
    }

    /** @throws IllegalArgumentException for what is no such key */
    static ParkingKey read(byte[] bytes) {
        String[] parts = new String(bytes, UTF_8).split("\\|", PARTS);
        if (parts.length < PARTS) {
            throw new IllegalArgumentException("parking key: %d parts (expected: %d)".formatted(parts.length, PARTS));
        }
        Kind kind = switch (parts[0]) {
            case "F" -> Kind.FENCE;
            case "T" -> Kind.TICKET;
            case "C" -> Kind.CONTENT;
            case "G" -> Kind.GAPS;
            case "P" -> Kind.PROGRESS;
            default -> throw new IllegalArgumentException("parking key: kind '%s'".formatted(parts[0]));
        };
        return new ParkingKey(
                kind, parts[4], Uuid.fromString(parts[1]), Integer.parseInt(parts[2]), Long.parseLong(parts[3]));
    }

    ParkingKey as(Kind other) {
        return new ParkingKey(other, incarnation, topicId, partition, offset);
    }

    /** The key of the partition's fence. */
    ParkingKey fence() {
        return new ParkingKey(Kind.FENCE, incarnation, topicId, partition, 0);
    }
}
