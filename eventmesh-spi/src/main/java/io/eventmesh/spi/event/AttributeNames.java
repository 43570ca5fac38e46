package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

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
    private final Set<String> names;
    private final Set<String> prefixes;
    /** By their length in bytes. */
    private final Known[][] namesByLength;

    private final byte[][] prefixBytes;
    private final boolean[] prefixFirsts = new boolean[1 << Byte.SIZE];

    private static final class Known {
        private final long head;
        private final byte[] name;

        Known(byte[] name) {
            this.head = NameHead.of(name, 0, name.length);
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

    /** Whether the name that stands in these bytes, and has this {@link NameHead}, is one of them. */
    boolean test(byte[] bytes, int start, int length, long head) {
        if (length == 0) {
            return false;
        }
        if (length < namesByLength.length && isName(bytes, start, length, head)) {
            return true;
        }
        return prefixFirsts[(int) head & 0xFF] && hasPrefix(bytes, start, length);
    }

    private boolean isName(byte[] bytes, int start, int length, long head) {
        for (Known known : namesByLength[length]) {
            if (known.head == head
                    && (length <= NameHead.LENGTH
                            || Arrays.equals(bytes, start, start + length, known.name, 0, length))) {
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
