package io.eventmesh.protocol.http;

import io.eventmesh.common.error.BindFailure;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The HTTP door: one Vert.x server on event loops of its own. */
final class HttpDoor implements ProtocolServer {
    private static final String PORT_KEY = "mesh.http.port";
    private static final Duration START_LIMIT = Duration.ofSeconds(20);
    private static final int MAX_HEADER_BYTES = 16 * 1024;

    private final HttpConfig config;
    private final ProtocolContext context;
    private final Consumers consumers;
    private @Nullable Vertx vertx;
    private volatile @Nullable HttpServer server;

    HttpDoor(HttpConfig config, ProtocolContext context, RandomGenerator random) {
        this.config = config;
        this.context = context;
        this.consumers = new Consumers(config.maxConsumers(), () -> token(random));
    }

    @Override
    public String name() {
        return "protocol-http";
    }

    @Override
    public void start() {
        context.bindGuard().check("mesh.http.host", config.host());
        Vertx started = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(config.eventLoops())
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setPreferNativeTransport(true));
        vertx = started;
        HttpServer http = started.createHttpServer(new HttpServerOptions()
                        .setHost(config.host())
                        .setPort(config.port())
                        .setTcpNoDelay(true)
                        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                        .setIdleTimeout((int) config.idleTimeout().toMillis())
                        .setMaxHeaderSize(MAX_HEADER_BYTES))
                .requestHandler(new Requests(config, context, consumers));
        try {
            await(http.listen(), START_LIMIT);
        } catch (ExecutionException failure) {
            close();
            throw BindFailure.of(PORT_KEY, config.host(), config.port(), failure);
        } catch (TimeoutException late) {
            close();
            throw new EventMeshException(ErrorCode.INTERNAL, "HTTP server did not start", late);
        }
        server = http;
    }

    @Override
    public String address() {
        HttpServer running = server;
        if (running == null) {
            throw new IllegalStateException("not started");
        }
        return "http://%s:%d".formatted(config.host(), running.actualPort());
    }

    @Override
    public String banner() {
        return "HTTP:       %-24s CloudEvents binary, structured, batch".formatted(address());
    }

    @Override
    public Health health() {
        return server == null ? Health.down("not bound") : Health.up(address());
    }

    /** Frees the port at once, lets running requests end within the drain timeout. */
    @Override
    public synchronized void close() {
        HttpServer running = server;
        server = null;
        Vertx own = vertx;
        vertx = null;
        consumers.close();
        try {
            if (running != null) {
                await(
                        running.shutdown(config.drainTimeout().toMillis(), TimeUnit.MILLISECONDS),
                        config.drainTimeout().plusSeconds(5));
            }
            if (own != null) {
                await(own.close(), Duration.ofSeconds(10));
            }
        } catch (ExecutionException | TimeoutException failure) {
            throw new EventMeshException(ErrorCode.INTERNAL, "HTTP server did not close in time", failure);
        }
    }

    private static String token(RandomGenerator random) {
        byte[] bytes = new byte[18];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().encodeToString(bytes);
    }

    private static void await(Future<?> future, Duration limit) throws ExecutionException, TimeoutException {
        try {
            future.toCompletionStage().toCompletableFuture().get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "interrupted", interrupted);
        }
    }
}
