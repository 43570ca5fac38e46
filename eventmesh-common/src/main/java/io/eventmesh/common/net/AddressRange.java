package io.eventmesh.common.net;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;

/** The addresses whose first bits are the same, such as {@code 10.0.0.0/8} or {@code fd00::/8}. Immutable. */
public final class AddressRange {
    private static final Pattern V4 = Pattern.compile("(?:\\d{1,3}\\.){3}\\d{1,3}");
    private static final Pattern V6 = Pattern.compile("[0-9a-fA-F.]*:[0-9a-fA-F:.]*");

    private final byte[] network;
    private final int bits;

    private AddressRange(byte[] network, int bits) {
        this.network = network;
        this.bits = bits;
    }

    /**
     * A range by its text; one address without bits is a range of itself. Names are never looked up.
     *
     * @throws IllegalArgumentException for anything else
     */
    public static AddressRange of(String text) {
        int slash = text.indexOf('/');
        byte[] network = literal(slash < 0 ? text : text.substring(0, slash));
        int bits = network.length * 8;
        if (slash >= 0) {
            String said = text.substring(slash + 1);
            int all = bits;
            bits = said.matches("\\d{1,3}") ? Integer.parseInt(said) : all + 1;
            if (bits > all) {
                throw refused(text);
            }
        }
        return new AddressRange(network, bits);
    }

    private static byte[] literal(String text) {
        if (!V4.matcher(text).matches() && !V6.matcher(text).matches()) {
            throw refused(text);
        }
        try {
            return InetAddress.getByName(text).getAddress();
        } catch (UnknownHostException notAnAddress) {
            throw refused(text);
        }
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException(
                "'%s' (expected: an address or range such as 10.0.0.0/8 or fd00::/8)".formatted(text));
    }

    public boolean contains(InetAddress address) {
        return contains(address.getAddress());
    }

    /** Of 4 or 16 bytes; one of the other length is never within. */
    boolean contains(byte[] address) {
        if (address.length != network.length) {
            return false;
        }
        int whole = bits / 8;
        if (!Arrays.equals(address, 0, whole, network, 0, whole)) {
            return false;
        }
        int rest = bits % 8;
        return rest == 0 || (address[whole] ^ network[whole]) >> (8 - rest) << (8 - rest) << 24 == 0;
    }
}
