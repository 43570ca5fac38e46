package io.eventmesh.protocol.http.client;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.net.CallableAddresses;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the addresses of hosts and lets those be connected only that may be called. What was checked is what is connected:
 * a name is looked up once for each call, so that it cannot lead elsewhere between the check and the connection. Used on
 * the loop.
 */
final class Addresses {
    private final VertxInternal vertx;
    private final CallableAddresses callable;
    /** Raised when an address could not be connected, so that the next call takes the next one. */
    private int turn;

    Addresses(Context loop, CallableAddresses callable) {
        this.vertx = (VertxInternal) loop.owner();
        this.callable = callable;
    }

    /** Fails with PERMISSION_DENIED when none of the host's addresses may be called, DELIVERY_FAILED when it has none. */
    Future<SocketAddress> of(String host, int port) {
        // a literal IPv6 address stands in brackets
        String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        return vertx.nameResolver()
                .resolveAll(name)
                .transform(found -> found.succeeded() && !found.result().isEmpty()
                        ? chosen(name, port, found.result())
                        : Future.failedFuture(new EventMeshException(
                                ErrorCode.DELIVERY_FAILED,
                                "host %s: not found (expected: a host that can be reached)".formatted(name))));
    }

    private Future<SocketAddress> chosen(String host, int port, List<InetSocketAddress> found) {
        List<InetAddress> allowed = new ArrayList<>();
        String refused = "";
        for (InetSocketAddress each : found) {
            InetAddress address = each.getAddress();
            String why = callable.refusal(address);
            if (why == null) {
                allowed.add(address);
            } else {
                refused = "%s is %s".formatted(address.getHostAddress(), why);
            }
        }
        if (allowed.isEmpty()) {
            return Future.failedFuture(new EventMeshException(
                    ErrorCode.PERMISSION_DENIED,
                    "host %s: %s (expected: a public address, or one that mesh.targets.allow names)"
                            .formatted(host, refused)));
        }
        InetAddress address = allowed.get(Math.floorMod(turn, allowed.size()));
        return Future.succeededFuture(SocketAddress.inetSocketAddress(port, address.getHostAddress()));
    }

    void unreachable() {
        turn++;
    }
}
