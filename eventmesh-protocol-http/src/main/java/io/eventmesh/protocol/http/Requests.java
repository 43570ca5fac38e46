package io.eventmesh.protocol.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.http.EventJson;
import io.eventmesh.http.EventReader;
import io.eventmesh.http.PercentText;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Authenticator.Credentials;
import io.eventmesh.spi.security.Principal;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;

/** Takes each request to what its path means. Runs on event loops and never blocks. */
final class Requests implements Handler<HttpServerRequest> {
    private static final Set<String> NAMESPACE = Set.of("namespace");

    private final HttpConfig config;
    private final ProtocolContext context;
    private final Gate gate;
    private final Connections connections;
    private final Consumers consumers;
    private final EventReader reader = new EventReader();
    private final Publishing publishing;
    private final RequestReply requestReply;
    private final Subscribing subscribing;
    private final Settling settling;
    private final PushSubscriptions subscriptions;

    Requests(HttpConfig config, ProtocolContext context, Connections connections, Consumers consumers) {
        this.config = config;
        this.context = context;
        this.connections = connections;
        this.consumers = consumers;
        this.gate = new Gate(config);
        this.publishing = new Publishing(context);
        this.requestReply = new RequestReply(context);
        this.subscribing = new Subscribing(config, context, consumers);
        this.settling = new Settling(consumers);
        this.subscriptions = new PushSubscriptions(context);
    }

    @Override
    public void handle(HttpServerRequest request) {
        ConnectionGuard guard = connections.of(request);
        if (!guard.isOpen()) {
            return;
        }
        guard.began(request);
        try {
            gate.pass(request);
            Route route = Route.of(request.path());
            if (request.method().equals(HttpMethod.OPTIONS)) {
                gate.answerOptions(request, route.resource().methods());
            } else {
                handle(request, route);
            }
        } catch (WrongMethodException wrong) {
            Answers.methodNotAllowed(request, wrong.allowed());
        } catch (RuntimeException failure) {
            Answers.refusal(request, failure);
        }
    }

    /** Answers what could not be read as HTTP; the server closes the connection afterwards. */
    static void refuseUnreadable(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        if (cause instanceof TooLongHttpLineException) {
            Answers.problem(request, 414, Query.invalid("request line: too long (expected: at most 4096 bytes)"));
        } else if (cause instanceof TooLongHttpHeaderException) {
            Answers.problem(request, 431, Query.invalid("headers: too long (expected: at most 16384 bytes)"));
        } else {
            Answers.problem(request, 400, Query.invalid("request: unreadable (expected: HTTP/1.1)"));
        }
    }

    private void handle(HttpServerRequest request, Route route) {
        String argument = route.argument();
        switch (route.resource()) {
            case EVENTS -> {
                if (request.method().equals(HttpMethod.POST)) {
                    publish(request, TopicName.of(argument));
                } else {
                    require(request, route, HttpMethod.GET);
                    Query query = query(request, Subscribing.isStream(request) ? Subscribing.STREAM : Subscribing.POLL);
                    subscribing.receive(request, call(request, query), query, argument);
                }
            }
            case REQUESTS -> {
                require(request, route, HttpMethod.POST);
                request(request, TopicName.of(argument));
            }
            case REPLIES -> {
                require(request, route, HttpMethod.POST);
                reply(request, PercentText.decoded("reply address", argument, false));
            }
            case SETTLEMENT -> {
                require(request, route, HttpMethod.POST);
                CallContext call = call(request, query(request, NAMESPACE));
                body(request, body -> Answers.json(request, 200, settling.settle(call, body)));
            }
            case SESSION -> {
                require(request, route, HttpMethod.DELETE);
                CallContext call = call(request, query(request, NAMESPACE));
                consumers.session(argument, call).end(new EventMeshException(ErrorCode.NOT_FOUND, "session: ended"));
                Answers.empty(request);
            }
            case SUBSCRIPTIONS -> {
                require(request, route, HttpMethod.GET);
                subscriptions.list(request, call(request, query(request, NAMESPACE)));
            }
            case SUBSCRIPTION -> subscription(request, route, Names.requireName("subscription", argument));
            case ENDPOINTS -> {
                require(request, route, HttpMethod.GET);
                answerEndpoints(request);
            }
        }
    }

    /** Lets the one method pass, and HEAD where GET may pass and a HEAD is known. */
    private static void require(HttpServerRequest request, Route route, HttpMethod method) {
        boolean head = request.method().equals(HttpMethod.HEAD)
                && method.equals(HttpMethod.GET)
                && route.resource().methods().contains("HEAD");
        if (!request.method().equals(method) && !head) {
            throw new WrongMethodException(route.resource().methods());
        }
    }

    private void publish(HttpServerRequest request, TopicName topic) {
        CallContext call = call(request, query(request, NAMESPACE));
        body(request, body -> publishing.publish(request, call, topic, read(request, body, call)));
    }

    private void request(HttpServerRequest request, TopicName topic) {
        Query query = query(request, RequestReply.PARAMETERS);
        CallContext call = call(request, query);
        Duration timeout = RequestReply.timeout(query);
        body(request, body -> {
            EventReader.Result read = single(read(request, body, call));
            requestReply.request(
                    request, call, new Outgoing(topic, read.events().get(0)), timeout);
        });
    }

    private void reply(HttpServerRequest request, String replyTo) {
        CallContext call = call(request, query(request, NAMESPACE));
        body(request, body -> {
            EventReader.Result read = single(read(request, body, call));
            requestReply.reply(request, call, replyTo, read.events().get(0));
        });
    }

    /** A plain request becomes an event of the caller's. */
    private EventReader.Result read(HttpServerRequest request, byte[] body, CallContext call) {
        return reader.read(
                request.headers(),
                request.getHeader("content-type"),
                body,
                () -> Event.builder()
                        .id(UUID.randomUUID().toString())
                        .source("/http/" + PercentText.encoded(call.principal().name()))
                        .type("http.post"));
    }

    private static EventReader.Result single(EventReader.Result read) {
        if (read.isBatch()) {
            throw Query.invalid("content-type: %s (expected: one event)".formatted(EventJson.BATCH));
        }
        return read;
    }

    private void subscription(HttpServerRequest request, Route route, String name) {
        if (request.method().equals(HttpMethod.PUT)) {
            CallContext call = call(request, query(request, NAMESPACE));
            body(request, body -> subscriptions.put(request, call, name, body));
        } else if (request.method().equals(HttpMethod.DELETE)) {
            Query query = query(request, PushSubscriptions.PARAMETERS);
            subscriptions.delete(request, call(request, query), query, name);
        } else {
            require(request, route, HttpMethod.GET);
            Query query = query(request, PushSubscriptions.PARAMETERS);
            subscriptions.get(request, call(request, query), query, name);
        }
    }

    private void answerEndpoints(HttpServerRequest request) {
        ObjectNode answer = Answers.MAPPER.createObjectNode();
        var list = answer.putArray("endpoints");
        for (MeshEndpoint endpoint : context.mesh().endpoints()) {
            list.addObject()
                    .put("runtime", endpoint.runtime())
                    .put("grpc", endpoint.grpc())
                    .put("http", endpoint.http());
        }
        Answers.json(request, 200, answer);
    }

    private void body(HttpServerRequest request, java.util.function.Consumer<byte[]> whole) {
        Body.read(request, connections.of(request), config.maxBodySize().bytes(), context.clock(), whole);
    }

    private static Query query(HttpServerRequest request, Set<String> known) {
        return Query.of(request.query(), known);
    }

    private CallContext call(HttpServerRequest request, Query query) {
        var headers = request.headers();
        Principal principal = context.authenticator()
                .authenticate(new Credentials(
                        headers.get(Authenticator.CLUSTER_KEY_HEADER),
                        headers.get(Authenticator.RUNTIME_HEADER),
                        headers.get("authorization")));
        String namespace = query.has("namespace")
                ? Names.requireName("namespace", query.text("namespace", ""))
                : Names.DEFAULT_NAMESPACE;
        return new CallContext(
                principal,
                namespace,
                "http",
                System.identityHashCode(request.connection()),
                0,
                headers.get("traceparent"),
                null);
    }
}
