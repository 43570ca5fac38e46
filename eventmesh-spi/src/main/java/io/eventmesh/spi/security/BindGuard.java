package io.eventmesh.spi.security;

/** Refuses to open a port to other machines while callers need prove nothing. */
@FunctionalInterface
public interface BindGuard {
    /**
     * May a server bind this host?
     *
     * @param key the configuration key of the host, such as {@code mesh.grpc.host}
     * @param host as configured
     * @throws io.eventmesh.common.error.ConfigException when the host is not loopback and there is no authentication,
     *     naming the two ways out: a loopback host, or {@code security.anonymous: allow}
     */
    void check(String key, String host);
}
