package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Attribute names, and beginnings of names, that {@link Event#without(Predicate)} recognises in the bytes without
 * decoding each name. Made once by whoever cuts the same names from every event.
 *
 * <p>Immutable and thread-safe.
 */
public final class AttributeNames implements Predicate<String> {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Set<String> names;
    private final Set<String> prefixes;
    /** The names by their length in bytes, each with its first bytes as a number, by which nearly all are told apart. */
    private final Known[][] namesByLength;

    private final byte[][] prefixBytes;
    private final boolean[] prefixFirsts = new boolean[1 << Byte.SIZE];

    private static final class Known {
        private final long first;
        private final byte[] name;

        Known(byte[] name) {
            this.first = firstOf(name, 0, name.length);
            this.name = name;
        }
    }

    private AttributeNames(Set<String> names, Set<String> prefixes) {
        this.names = names;
        this.prefixes = prefixes;
        this.namesByLength = byLength(names);
        this.prefixBytes = encoded(prefixes);
        for (byte[] prefix : prefixBytes) {
            prefixFirsts[prefix[0] & 0xFF] = true;
        }
    }

    /** These names, and every name that begins with one of these prefixes. */
    public static AttributeNames of(Set<String> names, Set<String> prefixes) {
        return new AttributeNames(Set.copyOf(names), Set.copyOf(prefixes));
    }

    @Override
    public boolean test(String name) {
        return names.contains(name) || prefixes.stream().anyMatch(name::startsWith);
    }

    /** Whether the name that stands in these bytes is one of them. */
    boolean test(byte[] bytes, int start, int length) {
        if (length == 0) {
            return false;
        }
        if (length < namesByLength.length && isName(bytes, start, length)) {
            return true;
        }
        return prefixFirsts[bytes[start] & 0xFF] && hasPrefix(bytes, start, length);
    }

    private boolean isName(byte[] bytes, int start, int length) {
        Known[] candidates = namesByLength[length];
        if (candidates.length == 0) {
            return false;
        }
        long first = firstOf(bytes, start, length);
        for (Known known : candidates) {
            if (known.first == first
                    && (length <= Long.BYTES
                            || Arrays.equals(bytes, start, start + length, known.name, 0, known.name.length))) {
                return true;
            }
        }
        return false;
    }

    private boolean hasPrefix(byte[] bytes, int start, int length) {
        for (byte[] prefix : prefixBytes) {
            int end = start + prefix.length;
            if (length >= prefix.length && Arrays.equals(bytes, start, end, prefix, 0, prefix.length)) {
                return true;
            }
        }
        return false;
    }

    /** The first bytes of a name, at most eight, as a number. */
    private static long firstOf(byte[] bytes, int start, int length) {
        if (start + Long.BYTES <= bytes.length) {
            long eight = (long) LONGS.get(bytes, start);
            return length >= Long.BYTES ? eight : eight & ((1L << (length * Byte.SIZE)) - 1);
        }
        long first = 0;
        for (int at = Math.min(length, Long.BYTES) - 1; at >= 0; at--) {
            first = first << Byte.SIZE | (bytes[start + at] & 0xFF);
        }
        return first;
    }

    private static Known[][] byLength(Set<String> names) {
        byte[][] all = encoded(names);
        int longest = Arrays.stream(all).mapToInt(name -> name.length).max().orElse(0);
        Known[][] byLength = new Known[longest + 1][];
        for (int length = 0; length <= longest; length++) {
            int wanted = length;
            byLength[length] = Arrays.stream(all)
                    .filter(name -> name.length == wanted)
                    .map(Known::new)
                    .toArray(Known[]::new);
        }
        return byLength;
    }

    private static byte[][] encoded(Set<String> names) {
        return names.stream().map(name -> name.getBytes(UTF_8)).toArray(byte[][]::new);
    }
}
