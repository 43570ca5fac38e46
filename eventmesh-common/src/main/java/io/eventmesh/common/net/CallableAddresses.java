package io.eventmesh.common.net;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses the mesh calls on behalf of those who may define destinations: public ones, and what an operator has
 * allowed. Otherwise whoever may write a rule could reach the machine's own services, the private network, and the
 * metadata service of a cloud, through the mesh. Immutable.
 *
 * <p>IPv6 addresses that carry an IPv4 address (mapped, compatible, translated, 6to4) are judged by the one they carry.
 */
public final class CallableAddresses {
    /** Ranges of the registries of special-purpose addresses (RFC 6890 and its successors), and what each is. */
    private static final Map<String, List<AddressRange>> SPECIAL = Map.of(
            "of this network", ranges("0.0.0.0/8", "::/128"),
            "a loopback address", ranges("127.0.0.0/8", "::1/128"),
            "private", ranges("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fec0::/10"),
            "link-local, where clouds keep their metadata", ranges("169.254.0.0/16", "fe80::/10"),
            "shared by a carrier", ranges("100.64.0.0/10"),
            "reserved",
                    ranges(
                            "192.0.0.0/24",
                            "192.0.2.0/24",
                            "192.88.99.0/24",
                            "198.18.0.0/15",
                            "198.51.100.0/24",
                            "203.0.113.0/24",
                            "240.0.0.0/4",
                            "100::/64",
                            "2001::/23",
                            "2001:db8::/32",
                            "3fff::/20",
                            "5f00::/16",
                            "64:ff9b:1::/48"),
            "multicast", ranges("224.0.0.0/4", "ff00::/8"));

    private static final AddressRange LOOPBACK_4 = AddressRange.of("127.0.0.0/8");
    private static final AddressRange LOOPBACK_6 = AddressRange.of("::1");
    private static final AddressRange TRANSLATED = AddressRange.of("64:ff9b::/96");
    private static final AddressRange COMPATIBLE = AddressRange.of("::/96");
    private static final AddressRange SIX_TO_FOUR = AddressRange.of("2002::/16");

    private final boolean loopback;
    private final List<AddressRange> allowed;

    /**
     * @param loopback whether this machine's own services may be called
     * @param allowed ranges that may be called although they are not public
     */
    public CallableAddresses(boolean loopback, List<AddressRange> allowed) {
        this.loopback = loopback;
        this.allowed = List.copyOf(allowed);
    }

    private static List<AddressRange> ranges(String... texts) {
        return Arrays.stream(texts).map(AddressRange::of).collect(Collectors.toList());
    }

    /** Why the address must not be called, such as {@code private}; null when it may be. */
    public @Nullable String refusal(InetAddress address) {
        byte[] bytes = address.getAddress();
        if (isAllowed(bytes)) {
            return null;
        }
        byte[] carried = carried(bytes);
        return isAllowed(carried) ? null : special(carried);
    }

    private boolean isAllowed(byte[] address) {
        return (loopback && (LOOPBACK_4.contains(address) || LOOPBACK_6.contains(address)))
                || allowed.stream().anyMatch(range -> range.contains(address));
    }

    private static @Nullable String special(byte[] address) {
        for (Map.Entry<String, List<AddressRange>> each : SPECIAL.entrySet()) {
            if (each.getValue().stream().anyMatch(range -> range.contains(address))) {
                return each.getKey();
            }
        }
        return null;
    }

    /** The IPv4 address within, or the address itself. */
    private static byte[] carried(byte[] address) {
        if (SIX_TO_FOUR.contains(address)) {
            return Arrays.copyOfRange(address, 2, 6);
        }
        boolean low = COMPATIBLE.contains(address) && (address[12] | address[13] | address[14]) != 0;
        return TRANSLATED.contains(address) || low ? Arrays.copyOfRange(address, 12, 16) : address;
    }
}
