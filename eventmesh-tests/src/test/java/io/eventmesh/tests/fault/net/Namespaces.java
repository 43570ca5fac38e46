package io.eventmesh.tests.fault.net;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Hosts of a test as network namespaces of this machine, each with an address and joined by one switch; nothing leads out
 * of them. Needs root, {@code ip} and {@code nft}. Closing it removes all of them; processes in them must have ended.
 *
 * <p>Faults are made where packets arrive, so that a sender is told nothing. Used by one thread.
 */
public final class Namespaces implements AutoCloseable {
    private static final AtomicInteger NUMBERS = new AtomicInteger();
    private static final String NETWORK = "10.77.0.";
    private static final String CHAIN = "{ type filter hook input priority 0 ; }";

    private final String prefix = "em%d-%d".formatted(ProcessHandle.current().pid(), NUMBERS.incrementAndGet());
    private final Map<String, String> addresses = new LinkedHashMap<>();
    private final List<String> made = new ArrayList<>();
    private final Thread atExit = new Thread(this::remove);

    /** @param hosts names of up to a few letters */
    public Namespaces(String... hosts) {
        Runtime.getRuntime().addShutdownHook(atExit);
        try {
            make("switch");
            in("switch", "ip", "link", "add", "br0", "type", "bridge");
            in("switch", "ip", "link", "set", "br0", "up");
            for (String host : hosts) {
                add(host);
            }
        } catch (RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    private void make(String host) {
        run("ip", "netns", "add", name(host));
        made.add(host);
        in(host, "ip", "link", "set", "lo", "up");
    }

    private void add(String host) {
        make(host);
        int number = addresses.size() + 1;
        String port = "port" + number;
        run(
                "ip",
                "link",
                "add",
                "eth0",
                "netns",
                name(host),
                "type",
                "veth",
                "peer",
                "name",
                port,
                "netns",
                name("switch"));
        in("switch", "ip", "link", "set", port, "master", "br0", "up");
        in(host, "ip", "address", "add", NETWORK + number + "/24", "dev", "eth0");
        in(host, "ip", "link", "set", "eth0", "up");
        in(host, "nft", "add", "table", "inet", "faults");
        in(host, "nft", "add", "chain", "inet", "faults", "arrive", CHAIN);
        addresses.put(host, NETWORK + number);
    }

    public String address(String host) {
        String address = addresses.get(host);
        if (address == null) {
            throw new IllegalArgumentException("host: '%s' (expected: one of %s)".formatted(host, addresses.keySet()));
        }
        return address;
    }

    /** What a command line begins with that is to run on the host. */
    public List<String> on(String host) {
        address(host);
        return List.of("ip", "netns", "exec", name(host));
    }

    /** Nothing of what one host sends to the other arrives. */
    public void drop(String from, String to) {
        arriving(to, from, "drop");
    }

    /** Neither hears anything of the other. */
    public void cut(String one, String other) {
        drop(one, other);
        drop(other, one);
    }

    /** So many of a hundred packets to the other host are lost. */
    public void lose(String from, String to, int percent) {
        arriving(to, from, "numgen random mod 100 < %d drop".formatted(percent));
    }

    /** Every packet of a connection is answered with a reset. */
    public void reject(String from, String to) {
        arriving(to, from, "meta l4proto tcp reject with tcp reset");
    }

    private void arriving(String host, String from, String verdict) {
        List<String> rule = new ArrayList<>(
                List.of("nft", "add", "rule", "inet", "faults", "arrive", "ip", "saddr", address(from)));
        rule.addAll(List.of(verdict.split(" ", -1)));
        in(host, rule.toArray(String[]::new));
    }

    /** The host's cable is out: it knows, the others do not. */
    public void unplug(String host) {
        address(host);
        in("switch", "ip", "link", "set", port(host), "down");
    }

    /** What goes to the host passes a line of so many kilobits a second. */
    public void narrow(String host, int kilobits) {
        in(
                "switch",
                "tc",
                "qdisc",
                "replace",
                "dev",
                port(host),
                "root",
                "tbf",
                "rate",
                kilobits + "kbit",
                "burst",
                "32kbit",
                "latency",
                "400ms");
    }

    /** What goes to the host takes longer, now more, now less; not every kernel can do that. */
    public void delay(String host, int millis, int jitterMillis) {
        in(
                "switch",
                "tc",
                "qdisc",
                "replace",
                "dev",
                port(host),
                "root",
                "netem",
                "delay",
                millis + "ms",
                jitterMillis + "ms");
    }

    /** All is well again. */
    public void heal() {
        for (String host : addresses.keySet()) {
            in(host, "nft", "flush", "chain", "inet", "faults", "arrive");
            in("switch", "ip", "link", "set", port(host), "up");
            // there is none to delete unless a fault made one
            Commands.result(inside("switch", "tc", "qdisc", "del", "dev", port(host), "root"));
        }
    }

    private String port(String host) {
        return "port" + address(host).substring(NETWORK.length());
    }

    private String name(String host) {
        return prefix + "-" + host;
    }

    private List<String> inside(String host, String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", name(host)));
        whole.addAll(Arrays.asList(command));
        return whole;
    }

    private void in(String host, String... command) {
        run(inside(host, command).toArray(String[]::new));
    }

    private static void run(String... command) {
        Commands.Result result = Commands.result(List.of(command));
        if (result.exit() != 0) {
            throw new IllegalStateException(
                    "%s: %s (expected: success; this needs root, ip, nft and tc, and a kernel that can do it; what a machine cannot do is named in -Dchaos.skip=)"
                            .formatted(Commands.text(List.of(command)), result.said()));
        }
    }

    private void remove() {
        for (int i = made.size() - 1; i >= 0; i--) {
            Commands.result(List.of("ip", "netns", "del", name(made.get(i))));
        }
        made.clear();
    }

    @Override
    public void close() {
        remove();
        Runtime.getRuntime().removeShutdownHook(atExit);
    }
}
