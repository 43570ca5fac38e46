package io.eventmesh.spi.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
    /** The names by their length in bytes. */
    private final byte[][][] namesByLength;

    private final byte[][] prefixBytes;

    private AttributeNames(Set<String> names, Set<String> prefixes) {
        this.names = names;
        this.prefixes = prefixes;
        this.namesByLength = byLength(names);
        this.prefixBytes = encoded(prefixes);
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
        if (length < namesByLength.length) {
            for (byte[] name : namesByLength[length]) {
                if (Arrays.equals(bytes, start, start + length, name, 0, length)) {
                    return true;
                }
            }
        }
        for (byte[] prefix : prefixBytes) {
            int end = start + prefix.length;
            if (length >= prefix.length && Arrays.equals(bytes, start, end, prefix, 0, prefix.length)) {
                return true;
            }
        }
        return false;
    }

    private static byte[][][] byLength(Set<String> names) {
        byte[][] all = encoded(names);
        int longest = Arrays.stream(all).mapToInt(name -> name.length).max().orElse(0);
        byte[][][] byLength = new byte[longest + 1][][];
        for (int length = 0; length <= longest; length++) {
            List<byte[]> ofLength = new ArrayList<>();
            for (byte[] name : all) {
                if (name.length == length) {
                    ofLength.add(name);
                }
            }
            byLength[length] = ofLength.toArray(byte[][]::new);
        }
        return byLength;
    }

    private static byte[][] encoded(Set<String> names) {
        return names.stream().map(name -> name.getBytes(UTF_8)).toArray(byte[][]::new);
    }
}
