package io.eventmesh.runtime;

import io.eventmesh.common.error.ConfigException;
import io.eventmesh.runtime.config.RuntimeConfig.Anonymous;
import io.eventmesh.spi.security.BindGuard;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Lets servers bind loopback hosts only, unless anonymous callers are allowed from everywhere. */
final class LoopbackGuard implements BindGuard {
    private final Anonymous anonymous;

    LoopbackGuard(Anonymous anonymous) {
        this.anonymous = anonymous;
    }

    @Override
    public void check(String key, String host) {
        InetAddress address;
        try {
            address = InetAddress.getByName(host);
        } catch (UnknownHostException unknown) {
            throw refused("%s: '%s' (expected: a host name or address of this machine)".formatted(key, host));
        }
        if (anonymous == Anonymous.LOOPBACK && !address.isLoopbackAddress()) {
            throw refused(
                    ("%s: '%s' is open to other machines and callers need prove nothing (expected: a loopback host "
                                    + "such as 127.0.0.1, or security.anonymous: allow)")
                            .formatted(key, host));
        }
    }

    private static ConfigException refused(String problem) {
        return new ConfigException("the servers' addresses", List.of(problem));
    }
}
