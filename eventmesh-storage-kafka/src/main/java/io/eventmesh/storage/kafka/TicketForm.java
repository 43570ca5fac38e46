package io.eventmesh.storage.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.StreamPartition;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A ticket as a record's value, in big-endian order: {@code version(1) attempts(4) firstOffer(8) due(8) namespace stream
 * lane cause}. A text is the length of its UTF-8 in bytes as a 4-byte number, -1 for none, and the UTF-8. Where it stood in
 * its stream is in the record's key.
 */
final class TicketForm {
    private static final byte VERSION = 1;
    private static final int FIXED = 1 + 4 + 8 + 8;

    private TicketForm() {}

    static byte[] write(Ticket ticket) {
        StreamName stream = ticket.position().partition().stream();
        byte[][] texts = {
            stream.namespace().getBytes(UTF_8),
            stream.name().getBytes(UTF_8),
            ticket.lane() == null ? null : ticket.lane().getBytes(UTF_8),
            ticket.cause().getBytes(UTF_8)
        };
        int size = FIXED;
        for (byte[] text : texts) {
            size += 4 + (text == null ? 0 : text.length);
        }
        ByteBuffer out = ByteBuffer.allocate(size)
                .put(VERSION)
                .putInt(ticket.attempts())
                .putLong(ticket.firstOfferMillis())
                .putLong(ticket.dueMillis());
        for (byte[] text : texts) {
            out.putInt(text == null ? -1 : text.length);
            if (text != null) {
                out.put(text);
            }
        }
        return out.array();
    }

    /** @throws IllegalArgumentException if this is not what {@link #write} wrote */
    static Ticket read(ParkingKey key, byte[] value) {
        try {
            ByteBuffer in = ByteBuffer.wrap(value);
            byte version = in.get();
            if (version != VERSION) {
                throw new IllegalArgumentException("ticket: version %d (expected: %d)".formatted(version, VERSION));
            }
            int attempts = in.getInt();
            long firstOffer = in.getLong();
            long due = in.getLong();
            StreamName stream = new StreamName(required(in), required(in));
            String lane = text(in);
            Position position = new Position(new StreamPartition(stream, key.partition()), key.offset());
            return new Ticket(position, lane, attempts, firstOffer, due, required(in));
        } catch (BufferUnderflowException cut) {
            throw new IllegalArgumentException("ticket: cut off", cut);
        }
    }

    private static String required(ByteBuffer in) {
        String text = text(in);
        if (text == null) {
            throw new IllegalArgumentException("ticket: text absent (expected: one)");
        }
        return text;
    }

    private static @Nullable String text(ByteBuffer in) {
        int length = in.getInt();
        if (length < 0) {
            return null;
        }
        if (length > in.remaining()) {
            throw new IllegalArgumentException(
                    "ticket: text of %d bytes (expected: %d at most)".formatted(length, in.remaining()));
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return new String(bytes, UTF_8);
    }
}
