package io.eventmesh.admin.rest;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.definition.ConnectorPlugins;
import io.eventmesh.admin.definition.Connectors;
import io.eventmesh.admin.definition.Rules;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.sync.MeshPeers;
import io.eventmesh.admin.sync.Registrations;
import io.eventmesh.common.error.BindFailure;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.spi.role.RoleContext;
import io.eventmesh.spi.security.Authenticator;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin's HTTP server: one event loop that reads and writes, and the process's blocking threads for the work.
 *
 * <p>A request to a loopback server must name a loopback host, and a write must be JSON: a page of another origin can
 * send neither. One thread starts and closes it.
 */
public final class AdminRest implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminRest.class);
    private static final long MAX_BODY = 1 << 20;
    private static final int SECONDS = 10;
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "::1");

    private final String host;
    private final int port;
    private final RoleContext context;
    private final Leader leader;
    private final Registrations registrations;
    private final Calls calls;
    private boolean loopback;
    private @Nullable Vertx vertx;
    private @Nullable HttpServer server;

    public AdminRest(
            String host,
            int port,
            RoleContext context,
            Database database,
            Leader leader,
            Connectors connectors,
            Rules rules,
            ConnectorPlugins plugins,
            Registrations registrations,
            MeshPeers peers) {
        this.host = host;
        this.port = port;
        this.context = context;
        this.leader = leader;
        this.registrations = registrations;
        this.calls = new Calls(database, leader, connectors, rules, plugins, registrations, peers);
    }

    /**
     * Binds.
     *
     * @throws EventMeshException PORT_IN_USE naming the key
     */
    public void start() {
        context.bindGuard().check("admin.http.host", host);
        loopback = isLoopback(host);
        Vertx made = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        vertx = made;
        HttpServer built = made.createHttpServer(
                        new HttpServerOptions().setHost(host).setPort(port).setIdleTimeout(60))
                .requestHandler(router(made));
        try {
            server = built.listen().toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            close();
            throw BindFailure.of("admin.http.port", host, port, failure);
        } catch (TimeoutException late) {
            close();
            throw new EventMeshException(ErrorCode.INTERNAL, "admin: HTTP server did not start in time", late);
        } catch (InterruptedException interrupted) {
            close();
            Thread.currentThread().interrupt();
            throw new EventMeshException(ErrorCode.SHUTTING_DOWN, "admin: closing (expected: running)", interrupted);
        }
    }

    /** {@code http://host:port}, the real port when 0 was configured. */
    public String url() {
        String shown = host.contains(":") ? "[" + host + "]" : host;
        return "http://" + shown + ":" + (server == null ? port : server.actualPort());
    }

    private Router router(Vertx made) {
        Router router = Router.router(made);
        router.route().handler(this::admit);
        router.route().handler(BodyHandler.create(false).setBodyLimit(MAX_BODY));
        router.get("/").handler(work(calls::index));
        router.get("/openapi.yaml").handler(work(calls::openApi));
        on(router, HttpMethod.GET, "/connectors", calls::listConnectors);
        on(router, HttpMethod.POST, "/connectors", calls::postConnector);
        on(router, HttpMethod.GET, "/connectors/:name", calls::getConnector);
        on(router, HttpMethod.PUT, "/connectors/:name", calls::putConnector);
        on(router, HttpMethod.DELETE, "/connectors/:name", calls::deleteConnector);
        on(router, HttpMethod.GET, "/rules", calls::listRules);
        on(router, HttpMethod.POST, "/rules", calls::postRule);
        on(router, HttpMethod.GET, "/rules/:name", calls::getRule);
        on(router, HttpMethod.PUT, "/rules/:name", calls::putRule);
        on(router, HttpMethod.DELETE, "/rules/:name", calls::deleteRule);
        on(router, HttpMethod.GET, "/tasks", calls::listTasks);
        router.routeWithRegex(HttpMethod.POST, "/api/v1/tasks/(?<name>[^/:]+):restart")
                .handler(work(calls::restartTask));
        on(router, HttpMethod.GET, "/tasks/:name", calls::getTask);
        on(router, HttpMethod.GET, "/runtimes", calls::listRuntimes);
        on(router, HttpMethod.GET, "/runtimes/:name", calls::getRuntime);
        on(router, HttpMethod.GET, "/plugins", calls::listPlugins);
        on(router, HttpMethod.GET, "/streams", calls::listStreams);
        on(router, HttpMethod.GET, "/subscriptions", calls::listSubscriptions);
        router.errorHandler(
                404, routing -> fail(routing, 404, ErrorCode.NOT_FOUND, "path", "a resource below /api/v1"));
        router.errorHandler(
                405, routing -> fail(routing, 405, ErrorCode.REQUEST_INVALID, "method", "one that the resource has"));
        router.errorHandler(
                413, routing -> fail(routing, 413, ErrorCode.REQUEST_INVALID, "body", "<= " + MAX_BODY + " bytes"));
        router.errorHandler(400, routing -> fail(routing, 400, ErrorCode.REQUEST_INVALID, "request", "valid HTTP"));
        router.errorHandler(500, this::failed);
        return router;
    }

    private void on(Router router, HttpMethod method, String path, Function<Call, Answer> call) {
        router.route(method, "/api/v1" + path).handler(work(call));
    }

    /** Lets a request in: the right host, a caller who is who it says, JSON where something is written. */
    private void admit(RoutingContext routing) {
        try {
            String named = routing.request().authority() == null
                    ? ""
                    : routing.request().authority().host();
            if (loopback && !LOOPBACK.contains(named.replaceAll("[\\[\\]]", "").toLowerCase(Locale.ROOT))) {
                throw new EventMeshException(
                        ErrorCode.PERMISSION_DENIED,
                        "Host: '%s' (expected: localhost or 127.0.0.1)".formatted(Names.shown(named)));
            }
            context.authenticator()
                    .authenticate(new Authenticator.Credentials(
                            null, null, routing.request().getHeader("Authorization")));
        } catch (EventMeshException refused) {
            send(routing, Problems.of(refused, routing.request().path()));
            return;
        }
        HttpMethod method = routing.request().method();
        String type = routing.request().getHeader("Content-Type");
        boolean writes = method.equals(HttpMethod.POST) || method.equals(HttpMethod.PUT);
        if (writes
                && (type == null
                        || !type.toLowerCase(Locale.ROOT).matches("application/([\\w.-]+\\+)?json\\s*(;.*)?"))) {
            EventMeshException refused = new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "Content-Type: '%s' (expected: application/json)".formatted(type == null ? "" : Names.shown(type)));
            send(routing, Problems.of(415, refused, routing.request().path()));
            return;
        }
        routing.next();
    }

    private io.vertx.core.Handler<RoutingContext> work(Function<Call, Answer> work) {
        return routing -> {
            Call call = call(routing);
            Context loop = routing.vertx().getOrCreateContext();
            String path = routing.request().path();
            try {
                context.blocking().execute(() -> {
                    Answer answer = answer(work, call, path);
                    loop.runOnContext(ignored -> send(routing, answer));
                });
            } catch (RuntimeException full) {
                send(routing, refused(full, path));
            }
        };
    }

    private Answer answer(Function<Call, Answer> work, Call call, String path) {
        try {
            return work.apply(call);
        } catch (RuntimeException failure) {
            return refused(failure, path);
        }
    }

    private Answer refused(RuntimeException failure, String path) {
        EventMeshException refusal = EventMeshException.of(failure);
        if (refusal.code() == ErrorCode.INTERNAL) {
            log.error("Request failed. path={}", path, failure);
        }
        if (refusal.code() == ErrorCode.NOT_LEADER) {
            refusal = leader.leaderAddress()
                    .flatMap(registrations::adminHttp)
                    .map(url -> new EventMeshException(
                            ErrorCode.NOT_LEADER, "admin: %s (expected: the leader, %s)".formatted(url(), url)))
                    .orElse(refusal);
        }
        return Problems.of(refusal, path);
    }

    private static Call call(RoutingContext routing) {
        Map<String, String> query = new HashMap<>();
        routing.queryParams().forEach(query::put);
        Map<String, String> headers = new HashMap<>();
        routing.request().headers().forEach((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
        byte[] body = routing.body() == null || routing.body().buffer() == null
                ? new byte[0]
                : routing.body().buffer().getBytes();
        return new Call(Map.copyOf(routing.pathParams()), query, headers, body);
    }

    private void fail(RoutingContext routing, int status, ErrorCode code, String what, String expected) {
        String found = what.equals("method")
                ? routing.request().method().name()
                : Names.shown(routing.request().path());
        EventMeshException refusal =
                new EventMeshException(code, "%s: '%s' (expected: %s)".formatted(what, found, expected));
        send(routing, Problems.of(status, refusal, routing.request().path()));
    }

    private void failed(RoutingContext routing) {
        Throwable failure = routing.failure();
        RuntimeException cause =
                failure instanceof RuntimeException thrown ? thrown : new IllegalStateException(failure);
        send(routing, refused(cause, routing.request().path()));
    }

    private static void send(RoutingContext routing, Answer answer) {
        HttpServerResponse response = routing.response();
        if (response.ended() || response.closed()) {
            return;
        }
        response.setStatusCode(answer.status());
        answer.headers().forEach(response::putHeader);
        response.putHeader("Cache-Control", "no-store");
        response.putHeader("X-Content-Type-Options", "nosniff");
        if (answer.contentType().isEmpty()) {
            response.end();
        } else {
            response.putHeader("Content-Type", answer.contentType()).end(answer.body());
        }
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }

    @Override
    public void close() {
        Vertx open = vertx;
        vertx = null;
        server = null;
        if (open != null) {
            try {
                open.close().toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
            } catch (ExecutionException | TimeoutException failure) {
                log.warn("HTTP server did not close cleanly. error={}", failure.toString());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
