package io.eventmesh.connector.http.sink;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.connector.SinkConnector;
import io.eventmesh.spi.connector.SinkConnectorProvider;
import io.eventmesh.spi.connector.TaskContext;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The sink plugin {@code http}. */
public final class HttpSinkProvider implements SinkConnectorProvider<HttpSinkConfig> {
    private static final int CONNECT_MILLIS = 4_000;

    @Override
    public String name() {
        return "http";
    }

    @Override
    public Class<HttpSinkConfig> configType() {
        return HttpSinkConfig.class;
    }

    @Override
    public HttpSinkConfig defaults() {
        return HttpSinkConfig.standard();
    }

    @Override
    public List<String> validate(HttpSinkConfig config) {
        List<String> problems = new ArrayList<>();
        try {
            new Rendering(config);
        } catch (IllegalArgumentException unfit) {
            problems.add(Objects.requireNonNullElse(unfit.getMessage(), "url: not as expected"));
        }
        AuthConfig auth = config.auth();
        switch (auth.type()) {
            case NONE -> {}
            case BASIC -> {
                require(problems, "auth.username", !auth.username().isBlank(), "a user");
                require(problems, "auth.secret", auth.secret().isPresent(), "a password");
            }
            case BEARER ->
                require(problems, "auth.secret", isPrintable(auth.secret().reveal()), "a token");
            case API_KEY ->
                require(problems, "auth.secret", isPrintable(auth.secret().reveal()), "a key");
            case OAUTH2 -> {
                require(problems, "auth.token-url", isUrl(auth.tokenUrl()), "an http or https URL with a host");
                require(problems, "auth.client-id", !auth.clientId().isBlank(), "a client");
                require(problems, "auth.client-secret", auth.clientSecret().isPresent(), "the client's secret");
            }
        }
        return problems;
    }

    private static void require(List<String> problems, String key, boolean holds, String expected) {
        if (!holds) {
            problems.add("%s: missing or not as expected (expected: %s)".formatted(key, expected));
        }
    }

    private static boolean isPrintable(String secret) {
        return secret.matches("[\\x21-\\x7e]{1,16384}");
    }

    private static boolean isUrl(String text) {
        try {
            URI uri = URI.create(text);
            return uri.getHost() != null
                    && uri.getScheme() != null
                    && uri.getScheme().matches("(?i)https?");
        } catch (IllegalArgumentException notAUri) {
            return false;
        }
    }

    /** Connects to the host and hangs up, and gets a token if tokens are needed; sends no event. */
    @Override
    public List<String> probe(HttpSinkConfig config) throws InterruptedException {
        List<String> problems = new ArrayList<>();
        connect("url", URI.create(config.url() == null ? "" : config.url().split("<", 2)[0]), problems);
        if (config.auth().type() == AuthConfig.Type.OAUTH2 && problems.isEmpty()) {
            try (HttpCaller caller = new HttpCaller(Duration.ofMillis(CONNECT_MILLIS), 1)) {
                new OAuth2Tokens(config.auth(), caller, MeshClock.system()).apply(MultiMap.caseInsensitiveMultiMap());
            } catch (EventMeshException refused) {
                problems.add(refused.reason());
            }
        }
        return problems;
    }

    private static void connect(String key, URI uri, List<String> problems) {
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(uri.getScheme()) ? 443 : 80;
        try (Socket socket = new Socket()) {
            InetSocketAddress address = new InetSocketAddress(uri.getHost(), port);
            if (address.isUnresolved()) {
                throw new UnknownHostException();
            }
            socket.connect(address, CONNECT_MILLIS);
        } catch (UnknownHostException unknown) {
            problems.add(
                    "%s: host %s is not known (expected: a host that can be reached)".formatted(key, uri.getHost()));
        } catch (IOException unreachable) {
            problems.add("%s: %s:%d cannot be reached (expected: a host that can be reached)"
                    .formatted(key, uri.getHost(), port));
        }
    }

    @Override
    public SinkConnector create(HttpSinkConfig config, TaskContext context) {
        return new HttpSink(config, context);
    }
}
