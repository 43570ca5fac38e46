package io.eventmesh.protocol.http;

import io.eventmesh.common.error.BindFailure;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.protocol.ProtocolServer;
import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The HTTP door: a Vert.x server for each of its own event loops, all at one port. */
final class HttpDoor implements ProtocolServer {
    private static final String PORT_KEY = "mesh.http.port";
    private static final Duration START_LIMIT = Duration.ofSeconds(20);
    private static final int MAX_HEADER_BYTES = 16 * 1024;
    private static final int MAX_STREAMS = 100;
    private static final int STREAM_WINDOW = 256 * 1024;
    private static final int CONNECTION_WINDOW = 1024 * 1024;
    private static final int TOKEN_BYTES = 18;

    private final HttpConfig config;
    private final ProtocolContext context;
    private final Consumers consumers;
    private final Connections connections;
    private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
    private @Nullable Vertx vertx;
    private volatile int port;

    HttpDoor(HttpConfig config, ProtocolContext context, RandomGenerator random) {
        this.config = config;
        this.context = context;
        this.consumers = new Consumers(config.maxConsumers(), () -> token(random));
        this.connections = new Connections(config, context.clock());
    }

    @Override
    public String name() {
        return "protocol-http";
    }

    @Override
    public synchronized void start() {
        context.bindGuard().check("mesh.http.host", config.host());
        Vertx started = Vertx.builder()
                .with(new VertxOptions()
                        .setEventLoopPoolSize(config.eventLoops())
                        .setWorkerPoolSize(1)
                        .setInternalBlockingPoolSize(1))
                .withTransport(new GuardedTransport(connections))
                .build();
        vertx = started;
        Requests requests = new Requests(config, context, connections, consumers);
        try {
            int bound = config.port() == 0 && config.eventLoops() > 1 ? freePort() : config.port();
            // as many listeners of one port as there are loops: each is deployed on a loop of its own
            Supplier<Deployable> listeners = () -> loop -> listen(started, requests, bound);
            await(
                    started.deployVerticle(listeners, new DeploymentOptions().setInstances(config.eventLoops())),
                    START_LIMIT);
        } catch (ExecutionException failure) {
            close();
            throw BindFailure.of(PORT_KEY, config.host(), config.port(), failure);
        } catch (TimeoutException late) {
            close();
            throw new EventMeshException(ErrorCode.INTERNAL, "HTTP server did not start", late);
        }
        started.setPeriodic(connections.sweepEvery().toMillis(), timer -> connections.sweep());
        port = servers.get(0).actualPort();
    }

    private HttpServerOptions options(int bound) {
        return new HttpServerOptions()
                .setHost(config.host())
                .setPort(bound)
                .setTcpNoDelay(true)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(MAX_STREAMS)
                        .setMaxHeaderListSize(MAX_HEADER_BYTES)
                        .setInitialWindowSize(STREAM_WINDOW))
                .setHttp2ConnectionWindowSize(CONNECTION_WINDOW)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false);
    }

    private Future<HttpServer> listen(Vertx on, Requests requests, int bound) {
        HttpServer server = on.createHttpServer(options(bound))
                .connectionHandler(connections::opened)
                .invalidRequestHandler(Requests::refuseUnreadable)
                .requestHandler(requests);
        servers.add(server);
        return server.listen();
    }

    /** Servers share a port only by its number, so that a free one is found before. */
    private int freePort() throws ExecutionException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName(config.host()))) {
            return probe.getLocalPort();
        } catch (IOException none) {
            throw new ExecutionException(none);
        }
    }

    @Override
    public String address() {
        if (port == 0) {
            throw new IllegalStateException("not started");
        }
        return "http://%s:%d".formatted(config.host(), port);
    }

    @Override
    public String banner() {
        return "HTTP:       %-24s CloudEvents binary, structured, batch; events by SSE and long poll"
                .formatted(address());
    }

    @Override
    public Health health() {
        return port == 0 ? Health.down("not bound") : Health.up(address());
    }

    /** Frees the port at once, ends streams and sessions, lets running requests end within the drain timeout. */
    @Override
    public synchronized void close() {
        port = 0;
        Vertx own = vertx;
        vertx = null;
        consumers.close();
        try {
            List<Future<Void>> shutdowns = servers.stream()
                    .map(server -> server.shutdown(config.drainTimeout().toMillis(), TimeUnit.MILLISECONDS))
                    .toList();
            servers.clear();
            await(Future.join(shutdowns), config.drainTimeout().plusSeconds(5));
            connections.abort();
            if (own != null) {
                await(own.close(), Duration.ofSeconds(10));
            }
        } catch (ExecutionException | TimeoutException failure) {
            throw new EventMeshException(ErrorCode.INTERNAL, "HTTP server did not close in time", failure);
        }
    }

    private static String token(RandomGenerator random) {
        byte[] bytes = new byte[TOKEN_BYTES];
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
