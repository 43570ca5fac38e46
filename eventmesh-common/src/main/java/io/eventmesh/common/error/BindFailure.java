package io.eventmesh.common.error;

import java.util.List;
import java.util.Locale;

/** What a server says when it cannot bind, the same for every server. */
public final class BindFailure {
    private BindFailure() {}

    /**
     * PORT_IN_USE naming the key and its environment variable, or CONFIG_INVALID when the host is no address of this
     * machine.
     *
     * @param portKey such as {@code mesh.http.port}; the host's key stands beside it
     * @param failure what the library threw: a {@code BindException}, or what native transports throw in its place
     */
    public static EventMeshException of(String portKey, String host, int port, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT).contains("address already in use")) {
                String variable =
                        "EVENTMESH_" + portKey.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_");
                return new EventMeshException(
                        ErrorCode.PORT_IN_USE,
                        "%s: %d at %s is in use (expected: a free port in %s or %s)"
                                .formatted(portKey, port, host, portKey, variable),
                        failure);
            }
        }
        String hostKey = portKey.substring(0, portKey.lastIndexOf('.')) + ".host";
        return new ConfigException(
                "the addresses of servers",
                List.of("%s: %s (expected: an address of this machine)".formatted(hostKey, host)));
    }
}
