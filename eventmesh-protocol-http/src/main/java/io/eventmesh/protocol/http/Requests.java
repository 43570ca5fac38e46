package io.eventmesh.protocol.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.MeshEndpoint;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.security.Authenticator;
import io.eventmesh.spi.security.Authenticator.Credentials;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.Position;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Takes each request to what its path means. Runs on event loops and never blocks.
 *
 * <p>A topic's slashes stand in the path as they are, so the path is taken apart here and not decoded:
 * {@code POST /v1/topics/orders/eu/events} publishes to {@code orders/eu}.
 */
final class Requests implements Handler<HttpServerRequest> {
    private static final String TOPICS = "/v1/topics/";
    private static final String EVENTS = "/events";
    private static final String ENDPOINTS = "/v1/endpoints";

    private final HttpConfig config;
    private final ProtocolContext context;
    private final EventReader reader;

    Requests(HttpConfig config, ProtocolContext context) {
        this.config = config;
        this.context = context;
        this.reader = new EventReader();
    }

    @Override
    public void handle(HttpServerRequest request) {
        String path = Objects.requireNonNullElse(request.path(), "");
        try {
            if (path.equals(ENDPOINTS)) {
                requireMethod(request, HttpMethod.GET);
                answerEndpoints(request);
            } else if (path.startsWith(TOPICS)
                    && path.endsWith(EVENTS)
                    && path.length() > TOPICS.length() + EVENTS.length()) {
                requireMethod(request, HttpMethod.POST);
                publish(request, path.substring(TOPICS.length(), path.length() - EVENTS.length()));
            } else {
                throw new EventMeshException(
                        ErrorCode.NOT_FOUND,
                        "path: %s (expected one of: /v1/topics/<topic>/events, /v1/endpoints)"
                                .formatted(Names.shown(path)));
            }
        } catch (WrongMethodException wrong) {
            Answers.methodNotAllowed(request, wrong.allowed());
        } catch (RuntimeException failure) {
            Answers.problem(request, EventMeshException.of(failure));
        }
    }

    private static void requireMethod(HttpServerRequest request, HttpMethod method) {
        if (!request.method().equals(method)) {
            throw new WrongMethodException(method.name());
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

    private void publish(HttpServerRequest request, String topicText) {
        TopicName topic = TopicName.of(topicText);
        CallContext call = call(request);
        Body.read(request, config.maxBodySize().bytes(), body -> {
            EventReader.Result read = reader.read(request.headers(), body, call.principal());
            if (read.isBatch()) {
                publishBatch(request, call, topic, read.events());
            } else {
                publishOne(request, call, topic, read.events().get(0));
            }
        });
    }

    private void publishOne(HttpServerRequest request, CallContext call, TopicName topic, Event event) {
        context.mesh().publish(call, new Outgoing(topic, event)).whenComplete((position, failure) -> {
            if (failure != null) {
                Answers.problem(request, EventMeshException.of(failure));
            } else {
                ObjectNode answer = Answers.MAPPER.createObjectNode();
                putPosition(answer.put("id", event.id()), position);
                Answers.json(request, 200, answer);
            }
        });
    }

    private void publishBatch(HttpServerRequest request, CallContext call, TopicName topic, List<Event> events) {
        List<Outgoing> outgoing = new ArrayList<>(events.size());
        events.forEach(event -> outgoing.add(new Outgoing(topic, event)));
        List<CompletionStage<Position>> stages = context.mesh().publish(call, outgoing);
        @Nullable Object[] results = new Object[stages.size()];
        AtomicInteger left = new AtomicInteger(stages.size());
        if (stages.isEmpty()) {
            answerBatch(request, events, results);
        }
        for (int i = 0; i < stages.size(); i++) {
            int index = i;
            stages.get(i).whenComplete((position, failure) -> {
                results[index] = failure == null ? position : EventMeshException.of(failure);
                if (left.decrementAndGet() == 0) {
                    answerBatch(request, events, results);
                }
            });
        }
    }

    /** 200 when all are stored, 207 when some are, the first refusal's status when none is. */
    private static void answerBatch(HttpServerRequest request, List<Event> events, @Nullable Object[] results) {
        ObjectNode answer = Answers.MAPPER.createObjectNode();
        var list = answer.putArray("results");
        int stored = 0;
        int firstRefusal = 200;
        for (int i = 0; i < results.length; i++) {
            ObjectNode entry = list.addObject().put("id", events.get(i).id());
            if (results[i] instanceof Position position) {
                putPosition(entry.put("status", 200), position);
                stored++;
            } else if (results[i] instanceof EventMeshException refusal) {
                int status = HttpStatuses.of(refusal.code());
                firstRefusal = firstRefusal == 200 ? status : firstRefusal;
                entry.put("status", status);
                Answers.putProblem(entry, refusal);
            }
        }
        answer.put("stored", stored);
        int status = stored == results.length ? 200 : stored > 0 ? 207 : firstRefusal;
        Answers.json(request, status, answer);
    }

    private static void putPosition(ObjectNode answer, Position position) {
        answer.put("stream", position.partition().stream().name())
                .put("partition", position.partition().index())
                .put("offset", position.offset());
    }

    private CallContext call(HttpServerRequest request) {
        var headers = request.headers();
        Principal principal = context.authenticator()
                .authenticate(new Credentials(
                        headers.get(Authenticator.CLUSTER_KEY_HEADER),
                        headers.get(Authenticator.RUNTIME_HEADER),
                        headers.get("authorization")));
        String namespace = Objects.requireNonNullElse(request.getParam("namespace"), Names.DEFAULT_NAMESPACE);
        return new CallContext(
                principal,
                Names.requireName("namespace", namespace),
                "http",
                System.identityHashCode(request.connection()),
                0,
                headers.get("traceparent"),
                null);
    }
}
