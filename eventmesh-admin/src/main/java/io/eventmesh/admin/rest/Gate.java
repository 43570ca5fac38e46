package io.eventmesh.admin.rest;

import io.eventmesh.admin.definition.WriteHook;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Principal;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Lets requests in: the right host, a caller who is who it says, JSON where something is written. On the event loop; does
 * not block.
 *
 * <p>A request to a loopback server must name a loopback host, and a write must be JSON: a page of another origin can
 * send neither.
 */
final class Gate {
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");
    private static final Set<HttpMethod> WRITING = Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH);
    private static final Pattern JSON = Pattern.compile("application/([\\w.-]+\\+)?json\\s*(;.*)?");
    private static final Pattern REQUEST_ID = Pattern.compile("[A-Za-z0-9._-]{1,40}");
    private static final String PRINCIPAL = "principal";
    private static final String ID = "requestId";

    private final RoleContext context;
    private final boolean loopback;

    Gate(RoleContext context, boolean loopback) {
        this.context = context;
        this.loopback = loopback;
    }

    /** @throws EventMeshException PERMISSION_DENIED, UNAUTHENTICATED */
    void admit(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        String given = request.getHeader("X-Request-Id");
        routing.put(
                ID,
                given != null && REQUEST_ID.matcher(given).matches()
                        ? given
                        : UUID.randomUUID().toString());
        Principal principal = context.authenticator()
                .authenticate(new Authenticator.Credentials(
                        request.getHeader(Authenticator.CLUSTER_KEY_HEADER),
                        request.getHeader(Authenticator.RUNTIME_HEADER),
                        request.getHeader("Authorization")));
        String named = request.authority() == null ? "" : request.authority().host();
        // a page of another origin does not know the cluster key
        boolean local = LOOPBACK.contains(named.replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT));
        if (loopback && !local && !principal.isRuntime()) {
            throw new EventMeshException(
                    ErrorCode.PERMISSION_DENIED,
                    "Host: '%s' (expected: localhost or 127.0.0.1)".formatted(Names.shown(named)));
        }
        routing.put(PRINCIPAL, principal);
    }

    /** @throws EventMeshException REQUEST_INVALID when a write is not JSON */
    static void requireJson(HttpServerRequest request) {
        String type = request.getHeader("Content-Type");
        if (WRITING.contains(request.method())
                && (type == null || !JSON.matcher(type.toLowerCase(Locale.ROOT)).matches())) {
            throw new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "Content-Type: '%s' (expected: application/json)".formatted(type == null ? "" : Names.shown(type)));
        }
    }

    /** The name of an admitted request; empty before. */
    static String requestId(RoutingContext routing) {
        String id = routing.get(ID);
        return id == null ? "" : id;
    }

    /** An admitted request, off the event loop. */
    static Call call(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        Map<String, String> query = new HashMap<>();
        routing.queryParams().forEach(query::put);
        Map<String, String> headers = new HashMap<>();
        request.headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        byte[] body = routing.body() == null || routing.body().buffer() == null
                ? new byte[0]
                : routing.body().buffer().getBytes();
        Principal principal = routing.get(PRINCIPAL);
        return new Call(
                request.method().name(),
                request.uri(),
                Map.copyOf(routing.pathParams()),
                query,
                headers,
                body,
                principal == null ? Principal.ANONYMOUS : principal,
                request.remoteAddress() == null ? "" : request.remoteAddress().hostAddress(),
                requestId(routing),
                WriteHook.NONE);
    }
}
