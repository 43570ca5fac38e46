package io.eventmesh.runtime.ops;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.error.BindFailure;
import io.eventmesh.common.lifecycle.Component;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.runtime.config.RuntimeConfig;
import io.eventmesh.spi.security.BindGuard;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code /healthz} (the process lives), {@code /readyz} (a JSON report; 503 with reasons while it should get no
 * traffic) and {@code /metrics} (Prometheus text).
 *
 * <p>Threads: two of its own, {@code mesh-ops-*}; further requests wait in a short queue.
 */
public final class OpsServer implements Component {
    private static final int BACKLOG = 32;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final RuntimeConfig.Ops config;
    private final BindGuard bindGuard;
    private final HealthReport report;
    private final Supplier<String> metrics;
    private final ObjectMapper json = new ObjectMapper();
    private volatile @Nullable HttpServer server;
    private @Nullable ThreadPoolExecutor threads;

    /** @param metrics the scrape in Prometheus' text format */
    public OpsServer(RuntimeConfig.Ops config, BindGuard bindGuard, HealthReport report, Supplier<String> metrics) {
        this.config = config;
        this.bindGuard = bindGuard;
        this.report = report;
        this.metrics = metrics;
    }

    @Override
    public String name() {
        return "ops";
    }

    @Override
    public void start() {
        bindGuard.check("ops.host", config.host());
        InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
        HttpServer bound;
        try {
            bound = HttpServer.create(address, BACKLOG);
        } catch (IOException failure) {
            throw BindFailure.of("ops.port", config.host(), config.port(), failure);
        }
        ThreadPoolExecutor pool = new ThreadPoolExecutor(
                3, 3, 0, TimeUnit.SECONDS, new ArrayBlockingQueue<>(BACKLOG), new NamedThreads("mesh-ops"));
        bound.createContext("/healthz", exchange -> answer(exchange, "/healthz", this::alive));
        bound.createContext("/readyz", exchange -> answer(exchange, "/readyz", this::ready));
        bound.createContext(
                "/metrics",
                exchange -> answer(
                        exchange,
                        "/metrics",
                        () -> new Answer(200, "text/plain; version=0.0.4; charset=utf-8", metrics.get())));
        bound.setExecutor(pool);
        threads = pool;
        server = bound;
        // the JDK's dispatcher inherits from its starter whether it keeps the process alive
        Thread starter = NamedThreads.named("mesh-ops-start", bound::start);
        starter.start();
        try {
            starter.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** The bound address, {@code http://host:port}; known after start. */
    public String address() {
        HttpServer running = server;
        if (running == null) {
            throw new IllegalStateException("not started");
        }
        return "http://%s:%d".formatted(config.host(), running.getAddress().getPort());
    }

    @Override
    public Health health() {
        return server == null ? Health.down("not started") : Health.up(address());
    }

    @Override
    public synchronized void close() {
        HttpServer running = server;
        if (running != null) {
            server = null;
            running.stop(0);
        }
        if (threads != null) {
            threads.shutdownNow();
            threads = null;
        }
    }

    private Answer alive() {
        return new Answer(200, TEXT, "alive\n");
    }

    private Answer ready() throws IOException {
        List<String> reasons = report.reasons();
        return new Answer(
                reasons.isEmpty() ? 200 : 503, "application/json", json.writeValueAsString(report.tree()) + "\n");
    }

    private static void answer(HttpExchange exchange, String path, Source source) throws IOException {
        try (exchange) {
            Answer answer;
            if (!exchange.getRequestURI().getPath().equals(path)) {
                answer = new Answer(404, TEXT, "not found (expected: /healthz, /readyz or /metrics)\n");
            } else if (!List.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
                answer = new Answer(405, TEXT, "method not allowed (expected: GET)\n");
            } else {
                answer = source.get();
            }
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", answer.type());
            boolean bare = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(answer.status(), bare ? -1 : body.length);
            if (!bare) {
                exchange.getResponseBody().write(body);
            }
        }
    }

    private record Answer(int status, String type, String body) {}

    private interface Source {
        Answer get() throws IOException;
    }
}
