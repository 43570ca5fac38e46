package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps web pages of other places from using the door through a browser on this machine: a door on loopback serves only
 * hosts that mean this machine (a page may let its own name point here), and pages of other origins are served only when
 * configuration names them.
 *
 * <p>Stateless. Spec: WHATWG Fetch (Origin, CORS, Sec-Fetch-Site).
 */
final class Gate {
    private static final String EXPOSED = String.join(
            ", ",
            List.of(
                    PollSession.HEADER,
                    "Retry-After",
                    "Location",
                    "ce-id",
                    "ce-source",
                    "ce-type",
                    "ce-specversion",
                    "ce-subject",
                    "ce-time"));

    private final Set<String> origins;
    private final Set<String> hosts;
    private final boolean checksHost;

    Gate(HttpConfig config) {
        this.origins = Set.copyOf(config.allowedOrigins());
        this.hosts = new HashSet<>();
        config.allowedHosts().forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
        this.checksHost = isLoopback(config.host()) || !hosts.isEmpty();
        hosts.add(config.host().toLowerCase(Locale.ROOT));
    }

    /** @throws EventMeshException REQUEST_INVALID or PERMISSION_DENIED */
    void pass(HttpServerRequest request) {
        requireHost(request);
        MultiMap headers = request.headers();
        String origin = headers.get("origin");
        if (origin != null) {
            requireOrigin(request, origin);
        } else {
            String site = headers.get("sec-fetch-site");
            if (site != null && !site.equals("same-origin") && !site.equals("none") && !origins.contains("*")) {
                throw denied("sec-fetch-site", site, "same-origin, or an origin of mesh.http.allowed-origins");
            }
        }
    }

    private void requireHost(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_2) {
            requireOneHost(request.headers());
        }
        HostAndPort authority = request.authority();
        if (authority == null) {
            if (request.version() == HttpVersion.HTTP_1_0 && !request.headers().contains("host")) {
                return;
            }
            throw Query.invalid("header host: '%s' (expected: a host, and a port)"
                    .formatted(Names.shown(String.valueOf(request.getHeader("host")))));
        }
        String host = authority.host();
        if (checksHost && !isLoopback(host) && !hosts.contains(host.toLowerCase(Locale.ROOT))) {
            throw denied("host", host, "a name of this machine, or one of mesh.http.allowed-hosts");
        }
    }

    private static void requireOneHost(MultiMap headers) {
        int hosts = 0;
        for (Map.Entry<String, String> header : headers) {
            if (header.getKey().equalsIgnoreCase("host") && ++hosts > 1) {
                throw Query.invalid("header host: given twice (expected: once)");
            }
        }
    }

    private void requireOrigin(HttpServerRequest request, String origin) {
        boolean same = origin.regionMatches(true, 0, "http://", 0, 7)
                && origin.substring(7).equalsIgnoreCase(host(request.authority()));
        if (!same && !origins.contains("*") && !origins.contains(origin)) {
            throw denied("origin", origin, "an origin of mesh.http.allowed-origins");
        }
        request.response()
                .putHeader("access-control-allow-origin", origin)
                .putHeader("access-control-expose-headers", EXPOSED)
                .putHeader("vary", "Origin");
    }

    /** Says what the path knows, and to a browser that asks for a page of an origin that passed, that it may. */
    void answerOptions(HttpServerRequest request, String methods) {
        HttpServerResponse response = request.response().putHeader("allow", methods);
        if (request.getHeader("origin") != null && request.getHeader("access-control-request-method") != null) {
            response.putHeader("access-control-allow-methods", methods).putHeader("access-control-max-age", "600");
            String asked = request.getHeader("access-control-request-headers");
            if (asked != null && asked.matches("[A-Za-z0-9, _-]{1,1024}")) {
                response.putHeader("access-control-allow-headers", asked);
            }
        }
        Answers.empty(request);
    }

    private static String host(@Nullable HostAndPort authority) {
        if (authority == null) {
            return "";
        }
        return authority.port() > 0 ? authority.host() + ":" + authority.port() : authority.host();
    }

    /** Whether a host as written means this machine, without asking anybody what its name means. */
    private static boolean isLoopback(String host) {
        return host.equalsIgnoreCase("localhost")
                || host.equals("[::1]")
                || host.equals("::1")
                || isLoopbackNumber(host);
    }

    /** {@code 127.} and three more numbers; looked at without a pattern, since every request comes by here. */
    private static boolean isLoopbackNumber(String host) {
        if (!host.startsWith("127.")) {
            return false;
        }
        int dots = 0;
        for (int i = 0; i < host.length(); i++) {
            char c = host.charAt(i);
            if (c == '.') {
                dots++;
            } else if (c < '0' || c > '9') {
                return false;
            }
        }
        return dots == 3;
    }

    private static EventMeshException denied(String header, String value, String expected) {
        return new EventMeshException(
                ErrorCode.PERMISSION_DENIED,
                "header %s: '%s' (expected: %s)".formatted(header, Names.shown(value), expected));
    }
}
