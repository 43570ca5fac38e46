package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes encoded events as no encoder would: fields in any order and number, unknown ones, groups, other wire types than
 * declared, numbers longer than needed, and, by the wildness of the case, damage of every kind.
 */
final class WireFuzz {
    private static final byte[][] CONTENTS = Stream.of(
                    "",
                    "a",
                    "subject",
                    "time",
                    "partitionkey",
                    "datacontenttype",
                    "meshreplyto",
                    "Ünïcode",
                    "x",
                    "1.0",
                    "a/b",
                    "text/plain",
                    "https://example.org/a",
                    "grüße",
                    "日本語",
                    "🎉",
                    "2020-01-02T03:04:05Z",
                    "y".repeat(150))
            .map(text -> text.getBytes(UTF_8))
            .toArray(byte[][]::new);
    private static final byte[][] BAD_UTF8 = {
        {(byte) 0x80},
        {(byte) 0xC0, (byte) 0x80},
        {'a', (byte) 0xC3},
        {(byte) 0xE0, (byte) 0x80, (byte) 0x80},
        {(byte) 0xED, (byte) 0xA0, (byte) 0x80},
        {(byte) 0xF4, (byte) 0x90, (byte) 0x80, (byte) 0x80},
        {'1', '2', '3', '4', '5', '6', '7', '8', (byte) 0xFF},
        {(byte) 0xF0, (byte) 0x9F, (byte) 0x8E},
        {(byte) 0xE6, (byte) 0x97, 'x'},
    };

    /** The messages of an event; the wire types of the fields of each as digits, field 1 first. */
    private enum Message {
        EVENT("22222222"),
        ENTRY("22"),
        VALUE("0022222"),
        TIMESTAMP("00"),
        ANY("22");

        private final String wireTypes;

        Message(String wireTypes) {
            this.wireTypes = wireTypes;
        }

        int fields() {
            return wireTypes.length();
        }

        int wireType(int field) {
            return wireTypes.charAt(field - 1) - '0';
        }

        @Nullable
        Message child(int field) {
            return switch (this) {
                case EVENT -> field == 5 ? ENTRY : field == 8 ? ANY : null;
                case ENTRY -> field == 2 ? VALUE : null;
                case VALUE -> field == 7 ? TIMESTAMP : null;
                case TIMESTAMP, ANY -> null;
            };
        }

        boolean isText(int field) {
            return switch (this) {
                case EVENT -> field <= 4 || field == 7;
                case ENTRY, ANY -> field == 1;
                case VALUE -> field == 3 || field == 5 || field == 6;
                case TIMESTAMP -> false;
            };
        }
    }

    private long state;
    /** In thousandths: how often each single thing is damaged. */
    private final int wildness;

    private WireFuzz(long seed) {
        this.state = seed;
        this.wildness = switch (below(4)) {
            case 0, 1 -> 0;
            case 2 -> 10;
            default -> 60;
        };
    }

    static byte[] event(long seed) {
        WireFuzz fuzz = new WireFuzz(seed);
        byte[] event = fuzz.message(Message.EVENT);
        return fuzz.below(3) == 0 ? fuzz.mutated(event) : event;
    }

    private byte[] message(Message message) {
        Bytes out = new Bytes();
        int fields = message == Message.EVENT ? 1 + below(9) : below(3);
        if (message == Message.ENTRY) {
            fields = below(10) == 0 ? below(5) : 0;
            write(out, message, 1);
            write(out, message, 2);
        }
        if (message == Message.VALUE && below(8) == 0) {
            fields = below(6);
        }
        for (int i = 0; i < fields; i++) {
            if (below(12) == 0) {
                unknownField(out, 1 + below(20), below(6));
            } else {
                write(out, message, 1 + below(message.fields()));
            }
        }
        if (below(2_000) == 0) {
            nestedGroups(out, 94 + below(10));
        }
        return out.toByteArray();
    }

    private void write(Bytes out, Message message, int field) {
        int wireType = message.wireType(field);
        if (below(40) == 0) {
            unknownField(out, field, below(6));
        } else if (wireType == Wire.VARINT) {
            tag(out, field, wireType);
            varint(out, number());
        } else {
            tag(out, field, wireType);
            Message child = message.child(field);
            byte[] content = child != null ? message(child) : content(message.isText(field));
            length(out, content.length);
            out.writeBytes(content);
        }
    }

    private byte[] content(boolean text) {
        if (text && damaged()) {
            return BAD_UTF8[below(BAD_UTF8.length)];
        }
        if (!text && below(3) == 0) {
            byte[] binary = new byte[below(5)];
            Arrays.fill(binary, (byte) below(256));
            return binary;
        }
        return CONTENTS[below(CONTENTS.length)];
    }

    private long number() {
        return switch (below(6)) {
            case 0 -> nextLong();
            case 1 -> (int) nextLong();
            case 2 -> nextLong() & 0xFFFF_FFFFL;
            default -> below(3);
        };
    }

    private void unknownField(Bytes out, int field, int wireType) {
        tag(out, field, damaged() ? below(8) : wireType);
        switch (wireType) {
            case Wire.VARINT -> varint(out, number());
            case Wire.FIXED64 -> out.writeBytes(new byte[damaged() ? 7 : 8]);
            case Wire.LENGTH_DELIMITED -> {
                byte[] content = content(false);
                length(out, content.length);
                out.writeBytes(content);
            }
            case Wire.START_GROUP -> {
                for (int inner = below(3); inner > 0; inner--) {
                    unknownField(out, 1 + below(9), below(4));
                }
                if (!damaged()) {
                    tag(out, damaged() ? field + 1 : field, Wire.END_GROUP);
                }
            }
            case Wire.FIXED32 -> out.writeBytes(new byte[damaged() ? 3 : 4]);
            default -> {}
        }
    }

    private void nestedGroups(Bytes out, int depth) {
        for (int i = 0; i < depth; i++) {
            tag(out, 9, Wire.START_GROUP);
        }
        for (int i = 0; i < depth; i++) {
            tag(out, 9, Wire.END_GROUP);
        }
    }

    private void tag(Bytes out, int field, int wireType) {
        int number = damaged() ? below(3) * 0x1000_0000 : field;
        // Above 32 bits a tag is cut, so that it still is the same.
        long high = below(200) == 0 ? 1L << 32 : 0;
        varint(out, ((number << 3 | wireType) & 0xFFFF_FFFFL) | high);
    }

    private void length(Bytes out, int length) {
        long written = length;
        if (damaged()) {
            written = switch (below(5)) {
                case 0 -> -1;
                case 1 -> Integer.MAX_VALUE;
                case 2 -> 0x8000_0000L;
                case 3 -> Math.max(0, length - 1);
                default -> length + 1L + below(3);
            };
        }
        varint(out, below(200) == 0 ? written | 1L << 40 : written);
    }

    private void varint(Bytes out, long value) {
        int atLeast = below(50) == 0 ? below(damaged() ? 13 : 11) : 1;
        long rest = value;
        int written = 1;
        while ((rest & ~0x7FL) != 0 || written < atLeast) {
            out.write((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
            written++;
        }
        out.write((int) rest);
    }

    private int below(int bound) {
        return (int) (((nextLong() >>> 33) * bound) >>> 31);
    }

    /** SplitMix64: a good random sequence from any seed, also from neighbouring ones. */
    private long nextLong() {
        state += 0x9E3779B97F4A7C15L;
        long mixed = (state ^ (state >>> 30)) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
        return mixed ^ (mixed >>> 31);
    }

    private boolean damaged() {
        return wildness > 0 && below(1_000) < wildness;
    }

    private byte[] mutated(byte[] event) {
        byte[] result = event;
        for (int times = 1 + below(2); times > 0 && result.length > 0; times--) {
            int from = below(result.length);
            int to = from + below(result.length - from + 1);
            int at = below(result.length + 1);
            result = switch (below(7)) {
                case 0 -> flipped(result, from);
                case 1 -> replaced(result, from, (byte) below(256));
                case 2 -> Arrays.copyOf(result, from);
                case 3 -> joined(Arrays.copyOf(result, from), Arrays.copyOfRange(result, to, result.length));
                case 4 -> inserted(result, at, Arrays.copyOfRange(result, from, to));
                case 5 -> inserted(result, at, message(Message.values()[below(5)]));
                default -> joined(result, message(Message.EVENT));
            };
        }
        return result;
    }

    private byte[] flipped(byte[] bytes, int at) {
        return replaced(bytes, at, (byte) (bytes[at] ^ (1 << below(8))));
    }

    private static byte[] replaced(byte[] bytes, int at, byte value) {
        byte[] copy = bytes.clone();
        copy[at] = value;
        return copy;
    }

    private static byte[] inserted(byte[] bytes, int at, byte[] part) {
        return joined(joined(Arrays.copyOf(bytes, at), part), Arrays.copyOfRange(bytes, at, bytes.length));
    }

    private static byte[] joined(byte[] one, byte[] other) {
        byte[] both = Arrays.copyOf(one, one.length + other.length);
        System.arraycopy(other, 0, both, one.length, other.length);
        return both;
    }

    /** What java.io's is, without its locks. */
    private static final class Bytes {
        private byte[] bytes = new byte[128];
        private int size;

        void write(int value) {
            if (size == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * size);
            }
            bytes[size++] = (byte) value;
        }

        void writeBytes(byte[] values) {
            for (byte value : values) {
                write(value);
            }
        }

        byte[] toByteArray() {
            return Arrays.copyOf(bytes, size);
        }
    }
}
