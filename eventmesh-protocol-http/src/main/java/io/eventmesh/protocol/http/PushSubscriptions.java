package io.eventmesh.protocol.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.mesh.SubscriptionStatus;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.target.Destination;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * {@code /v1/subscriptions}: groups whose events the mesh itself sends to a webhook.
 *
 * <p>The name is the group's. What a webhook's specification may hold beside URL and format, such as headers with
 * credentials, is taken and never shown.
 */
final class PushSubscriptions {
    static final String PATH = "/v1/subscriptions";
    private static final String KIND = "webhook";
    private static final Set<String> FIELDS =
            Set.of("topic", "sink", "url", "format", "webhook", "filters", "delivery", "start");
    private static final Set<String> DELIVERY = Set.of("retry", "ackTimeout", "ordered");
    private static final Set<String> RETRY = Set.of("maxAttempts", "initialDelay", "multiplier", "maxDelay");
    static final Set<String> PARAMETERS = Set.of("namespace", "topic");
    private static final Duration LONGEST = Duration.ofDays(1);

    private final ProtocolContext context;

    PushSubscriptions(ProtocolContext context) {
        this.context = context;
    }

    /** Makes the subscription or changes its terms; 201 when it is new, 200 when it was there. */
    void put(HttpServerRequest request, CallContext call, String name, byte[] body) {
        SubscribeTerms terms = terms(call, name, body);
        String topic = terms.pattern().value();
        answer(
                request,
                of(call, name)
                        .thenCompose(existing -> {
                            existing.forEach(each -> requireSameTopic(each, terms.pattern()));
                            return context.mesh().putSubscription(call, terms);
                        })
                        .thenCompose(isNew -> of(call, name)
                                .thenApply(found -> only(name, topic, found)
                                        .map(SubscriptionJson::of)
                                        .orElseGet(() -> SubscriptionJson.accepted(call, terms)))
                                .thenAccept(json -> {
                                    request.response().putHeader("location", PATH + "/" + name);
                                    Answers.json(request, isNew ? 201 : 200, json);
                                })));
    }

    void get(HttpServerRequest request, CallContext call, Query query, String name) {
        String topic = query.text("topic", "");
        answer(
                request,
                of(call, name)
                        .thenApply(found -> only(name, topic, found).orElseThrow(() -> unknown(call, name)))
                        .thenAccept(status -> Answers.json(request, 200, SubscriptionJson.of(status))));
    }

    void list(HttpServerRequest request, CallContext call) {
        answer(request, context.mesh().subscriptions().thenAccept(all -> {
            ObjectNode answer = Answers.MAPPER.createObjectNode();
            ArrayNode items = answer.putArray("items");
            all.stream()
                    .filter(each -> each.name().namespace().equals(call.namespace()))
                    .forEach(each -> items.add(SubscriptionJson.of(each)));
            Answers.json(request, 200, answer);
        }));
    }

    /** Deletes the subscription with its progress; 204. */
    void delete(HttpServerRequest request, CallContext call, Query query, String name) {
        String topic = query.text("topic", "");
        answer(
                request,
                of(call, name)
                        .thenApply(found -> only(name, topic, found).orElseThrow(() -> unknown(call, name)))
                        .thenCompose(only -> context.mesh().deleteSubscription(call, only.name()))
                        .thenAccept(was -> {
                            if (!was) {
                                throw unknown(call, name);
                            }
                            Answers.empty(request);
                        }));
    }

    private static void answer(HttpServerRequest request, CompletionStage<Void> answered) {
        answered.whenComplete((done, failure) -> {
            if (failure != null) {
                Answers.refusal(request, failure);
            }
        });
    }

    private CompletionStage<List<SubscriptionStatus>> of(CallContext call, String name) {
        return context.mesh()
                .subscriptions()
                .thenApply(all -> all.stream()
                        .filter(each -> each.name().namespace().equals(call.namespace())
                                && each.name().group().equals(name))
                        .toList());
    }

    /** Members that attach may give a group several patterns: then the topic must be said. */
    private static Optional<SubscriptionStatus> only(String name, String topic, List<SubscriptionStatus> found) {
        List<SubscriptionStatus> meant = found.stream()
                .filter(each -> topic.isEmpty() || each.name().pattern().value().equals(topic))
                .toList();
        if (meant.size() > 1) {
            List<String> topics =
                    meant.stream().map(each -> each.name().pattern().value()).toList();
            throw Query.invalid("subscription %s: of several topics (expected: the parameter topic, one of: %s)"
                    .formatted(Names.shown(name), String.join(", ", topics)));
        }
        return meant.stream().findFirst();
    }

    private static void requireSameTopic(SubscriptionStatus existing, TopicPattern given) {
        SubscriptionName name = existing.name();
        if (!name.pattern().equals(given)) {
            throw new EventMeshException(
                    ErrorCode.ALREADY_EXISTS,
                    "subscription %s: topic '%s' (expected: '%s', as it was made; delete it first)"
                            .formatted(Names.shown(name.group()), given, name.pattern()));
        }
    }

    private static EventMeshException unknown(CallContext call, String name) {
        return new EventMeshException(
                ErrorCode.NOT_FOUND,
                "subscription: '%s' (expected: one of namespace %s)".formatted(Names.shown(name), call.namespace()));
    }

    private SubscribeTerms terms(CallContext call, String name, byte[] body) {
        JsonBody given = JsonBody.of(body, FIELDS);
        JsonBody delivery = given.object("delivery", DELIVERY);
        JsonBody retry = delivery.object("retry", RETRY);
        RetryPolicy usual = RetryPolicy.DEFAULT;
        DeliveryTerms terms = new DeliveryTerms(
                new RetryPolicy(
                        retry.number("maxAttempts", usual.maxAttempts(), 1, 1_000_000),
                        retry.duration("initialDelay", usual.initialDelay(), Duration.ZERO, LONGEST),
                        retry.number("multiplier", usual.multiplier(), 1.0, 1_000.0),
                        retry.duration("maxDelay", usual.maxDelay(), Duration.ZERO, LONGEST)),
                delivery.duration("ackTimeout", DeliveryTerms.DEFAULT.ackTimeout(), Duration.ofMillis(1), LONGEST),
                delivery.truth("ordered", true),
                given.any("filters").map(PushSubscriptions::filters).orElse(""),
                new Destination(KIND, spec(given)));
        return new SubscribeTerms(
                Names.requireGroup(name),
                TopicPattern.of(given.text("topic")),
                Subscribing.start(given.text("start", "latest", 512), call.namespace(), context.clock()),
                terms,
                "http");
    }

    private static String filters(JsonNode filters) {
        if (!filters.isArray()) {
            throw Query.invalid(
                    "/filters: %s (expected: an array of filters)".formatted(Names.shown(filters.toString())));
        }
        return filters.isEmpty() ? "" : filters.toString();
    }

    /** The destination's specification: what stands in {@code webhook}, with URL and format. */
    private static String spec(JsonBody given) {
        if (given.has("sink") == given.has("url")) {
            throw Query.invalid("/sink: %s (expected: the webhook's URL, in sink or in url)"
                    .formatted(given.has("sink") ? "given twice" : "absent"));
        }
        JsonNode more = given.any("webhook").orElseGet(Answers.MAPPER::createObjectNode);
        if (!(more instanceof ObjectNode spec) || spec.has("url") || spec.has("format")) {
            throw Query.invalid("/webhook: not as expected (expected: an object without url and format, which stand"
                    + " beside it)");
        }
        spec.put("url", given.text(given.has("sink") ? "sink" : "url"));
        String format = given.text("format", "binary", 32);
        if (!format.equals("binary") && !format.equals("structured")) {
            throw Query.invalid("/format: '%s' (expected one of: binary, structured)".formatted(Names.shown(format)));
        }
        return spec.put("format", format).toString();
    }
}
