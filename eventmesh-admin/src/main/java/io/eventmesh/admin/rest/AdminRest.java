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
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The admin's HTTP server: one event loop that reads and writes, and the process's blocking threads for the work.
 *
 * <p>One thread starts and closes it.
 */
public final class AdminRest implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(AdminRest.class);
    private static final long MAX_BODY = 1 << 20;
    private static final int SECONDS = 10;

    private final String host;
    private final int port;
    private final RoleContext context;
    private final RestStack stack;
    private @Nullable Vertx vertx;
    private @Nullable HttpServer server;
    private @Nullable Forward forward;

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
        this.stack =
                new RestStack(context, database, leader, connectors, rules, plugins, registrations, peers, this::url);
    }

    /**
     * Binds.
     *
     * @throws EventMeshException PORT_IN_USE naming the key
     */
    public void start() {
        context.bindGuard().check("admin.http.host", host);
        Vertx made = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        vertx = made;
        forward = new Forward(made, context);
        HttpServer built = made.createHttpServer(
                        new HttpServerOptions().setHost(host).setPort(port).setIdleTimeout(60))
                .requestHandler(router(made));
        try {
            server = built.listen().toCompletionStage().toCompletableFuture().get(SECONDS, TimeUnit.SECONDS);
            stack.start();
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
        Gate gate = new Gate(context, isLoopback(host));
        Router router = Router.router(made);
        router.route().handler(routing -> admit(gate, routing));
        router.route().handler(BodyHandler.create(false).setBodyLimit(MAX_BODY));
        router.get("/").handler(routing -> work(routing, stack::index));
        router.get("/openapi.yaml").handler(routing -> work(routing, stack::openApi));
        for (Routes.Route route : stack.routes().table()) {
            router.routeWithRegex(route.method(), route.regex()).handler(routing -> route(route, routing));
        }
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

    private static void admit(Gate gate, RoutingContext routing) {
        try {
            gate.admit(routing);
        } catch (EventMeshException refused) {
            send(routing, Problems.of(refused, routing.request().path(), Gate.requestId(routing)));
            return;
        }
        try {
            Gate.requireJson(routing.request());
        } catch (EventMeshException refused) {
            send(routing, Problems.of(415, refused, routing.request().path(), Gate.requestId(routing)));
            return;
        }
        routing.next();
    }

    private void route(Routes.Route route, RoutingContext routing) {
        switch (route.kind()) {
            case READ -> work(routing, call -> stack.answer(route, call));
            case CHECK, WRITE, ACTION -> write(route, routing);
            case STREAM -> stream(routing);
        }
    }

    /** At the leader: does it; elsewhere: passes it on to the leader. */
    private void write(Routes.Route route, RoutingContext routing) {
        Call call = Gate.call(routing);
        Forward passes = forward;
        Optional<String> leader = stack.leaderUrl();
        boolean refusesItself = leader.isEmpty() && stack.knowsLeader();
        if (stack.leads() || call.isForwarded() || refusesItself || passes == null) {
            work(routing, same -> stack.answer(route, same));
            return;
        }
        if (leader.isEmpty()) {
            EventMeshException nobody = new EventMeshException(
                    ErrorCode.META_UNAVAILABLE, "admin: nobody leads now (expected: a leader, in some seconds)");
            Answer refusal = Problems.of(nobody, routing.request().path(), call.requestId());
            send(routing, refusal.with("Retry-After", "2"));
            return;
        }
        passes.send(leader.get(), call)
                .onSuccess(answer -> send(routing, answer))
                .onFailure(failure -> send(
                        routing,
                        refused(
                                EventMeshException.of(failure),
                                routing.request().path(),
                                call.requestId())));
    }

    private void stream(RoutingContext routing) {
        try {
            stack.changes().open(routing);
        } catch (EventMeshException refused) {
            send(routing, refused(refused, routing.request().path(), Gate.requestId(routing)));
        }
    }

    /** What a request is answered with; off the event loop, and it may block. */
    private interface Work {
        Answer of(Call call);
    }

    private void work(RoutingContext routing, Work work) {
        Context loop = routing.vertx().getOrCreateContext();
        String path = routing.request().path();
        Call call = Gate.call(routing);
        try {
            context.blocking().execute(() -> {
                Answer answer = answer(work, call, path);
                loop.runOnContext(ignored -> send(routing, answer));
            });
        } catch (RuntimeException full) {
            send(routing, refused(full, path, call.requestId()));
        }
    }

    private Answer answer(Work work, Call call, String path) {
        try {
            return work.of(call);
        } catch (RuntimeException failure) {
            return refused(failure, path, call.requestId());
        } catch (Error failure) {
            // whoever asks gets an answer now, not when the connection is idle for too long
            return refused(new IllegalStateException(failure), path, call.requestId());
        }
    }

    private Answer refused(RuntimeException failure, String path, String requestId) {
        EventMeshException refusal = EventMeshException.of(failure);
        if (refusal.code() == ErrorCode.INTERNAL) {
            log.error("Request failed. path={} request={}", path, requestId, failure);
        }
        return Problems.of(stack.withLeader(refusal), path, requestId);
    }

    private static void fail(RoutingContext routing, int status, ErrorCode code, String what, String expected) {
        String found = what.equals("method")
                ? routing.request().method().name()
                : Names.shown(routing.request().path());
        EventMeshException refusal =
                new EventMeshException(code, "%s: '%s' (expected: %s)".formatted(what, found, expected));
        send(routing, Problems.of(status, refusal, routing.request().path(), Gate.requestId(routing)));
    }

    private void failed(RoutingContext routing) {
        Throwable failure = routing.failure();
        RuntimeException cause =
                failure instanceof RuntimeException thrown ? thrown : new IllegalStateException(failure);
        send(routing, refused(cause, routing.request().path(), Gate.requestId(routing)));
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
        response.putHeader("X-Request-Id", Gate.requestId(routing));
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
        stack.close();
        Vertx open = vertx;
        vertx = null;
        server = null;
        forward = null;
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
