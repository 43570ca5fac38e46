package io.eventmesh.function.pattern;

import org.jspecify.annotations.Nullable;

/**
 * An IPv4 or IPv6 address, in order within its family. Read from literals alone: nothing is ever looked up.
 *
 * @param six whether it is IPv6
 * @param high the upper 64 bits; 0 for IPv4
 * @param low the lower 64 bits, unsigned
 */
record IpAddress(boolean six, long high, long low) implements Comparable<IpAddress> {
    private static final int LONGEST = 45;
    private static final int GROUPS = 8;

    /** The address that a text is; null for any other text. Leading zeros are decimal: {@code 010.2.3.4} is 10.2.3.4. */
    static @Nullable IpAddress parse(String text) {
        int length = text.length();
        if (length < 2 || length > LONGEST) {
            return null;
        }
        boolean six = false;
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c == ':') {
                six = true;
            } else if ((c != '.' && Character.digit(c, 16) < 0) || c > 'f') {
                return null;
            }
        }
        return six ? parseSix(text) : parseFour(text);
    }

    private static @Nullable IpAddress parseFour(String text) {
        long value = 0;
        int part = -1;
        int parts = 0;
        int digits = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i == text.length() ? '.' : text.charAt(i);
            if (c == '.') {
                if (part < 0 || parts == 4) {
                    return null;
                }
                value = (value << 8) | part;
                parts++;
                part = -1;
                digits = 0;
            } else {
                int digit = c - '0';
                part = digit > 9 || digit < 0 ? 256 : Math.max(part, 0) * 10 + digit;
                if (part > 255 || ++digits > 3) {
                    return null;
                }
            }
        }
        return parts == 4 ? new IpAddress(false, 0, value) : null;
    }

    private static @Nullable IpAddress parseSix(String text) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return null;
        }
        int[] groups = new int[GROUPS];
        if (gap < 0) {
            return groups(text, groups, true) == GROUPS ? of(groups) : null;
        }
        int[] tail = new int[GROUPS];
        int before = gap == 0 ? 0 : groups(text.substring(0, gap), groups, false);
        int after = gap + 2 == text.length() ? 0 : groups(text.substring(gap + 2), tail, true);
        if (before < 0 || after < 0 || before + after >= GROUPS) {
            return null;
        }
        System.arraycopy(tail, 0, groups, GROUPS - after, after);
        return of(groups);
    }

    /**
     * How many groups a text has, which are put down; -1 if it has anything else.
     *
     * @param end may be an IPv4 address
     */
    private static int groups(String text, int[] groups, boolean end) {
        int count = 0;
        String[] parts = text.split(":", -1);
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (end && i == parts.length - 1 && part.indexOf('.') >= 0) {
                IpAddress four = parseFour(part);
                if (four == null || count > GROUPS - 2) {
                    return -1;
                }
                groups[count++] = (int) (four.low >>> 16);
                groups[count++] = (int) (four.low & 0xffff);
            } else if (part.isEmpty() || part.length() > 4 || part.indexOf('.') >= 0 || count == GROUPS) {
                return -1;
            } else {
                groups[count++] = Integer.parseInt(part, 16);
            }
        }
        return count;
    }

    private static IpAddress of(int[] groups) {
        return new IpAddress(true, quarter(groups, 0), quarter(groups, 4));
    }

    private static long quarter(int[] groups, int from) {
        return ((long) groups[from] << 48)
                | ((long) groups[from + 1] << 32)
                | ((long) groups[from + 2] << 16)
                | groups[from + 3];
    }

    /** How many bits an address of its family has. */
    int bits() {
        return six ? 128 : 32;
    }

    /** The first address of the block of so many common bits that it lies in. */
    IpAddress first(int common) {
        return new IpAddress(six, high & ~highHosts(common), low & ~lowHosts(common));
    }

    /** The last address of that block. */
    IpAddress last(int common) {
        return new IpAddress(six, high | (six ? highHosts(common) : 0), low | lowHosts(common));
    }

    private long lowHosts(int common) {
        int hosts = bits() - common;
        return hosts >= 64 ? -1L : (1L << hosts) - 1;
    }

    private long highHosts(int common) {
        int hosts = bits() - common - 64;
        return hosts <= 0 ? 0 : hosts == 64 ? -1L : (1L << hosts) - 1;
    }

    @Override
    public int compareTo(IpAddress other) {
        if (six != other.six) {
            return six ? 1 : -1;
        }
        int upper = Long.compareUnsigned(high, other.high);
        return upper != 0 ? upper : Long.compareUnsigned(low, other.low);
    }
}
