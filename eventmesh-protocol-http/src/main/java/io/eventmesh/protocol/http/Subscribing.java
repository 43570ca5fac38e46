package io.eventmesh.protocol.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.topic.Names;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Mode;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.protocol.ProtocolContext;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StreamPartition;
import io.vertx.core.http.HttpServerRequest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/** Takes {@code GET …/events} to a stream of server-sent events, or to a session of polls. */
final class Subscribing {
    private static final Set<String> TERMS = Set.of(
            "namespace",
            "group",
            "mode",
            "from",
            "filter",
            "ack",
            "ackTimeout",
            "ordered",
            "maxAttempts",
            "retryDelay",
            "retryMultiplier",
            "retryMaxDelay",
            "max");
    static final Set<String> STREAM = with(TERMS, "format");
    static final Set<String> POLL = with(TERMS, "wait");
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Duration LONGEST = Duration.ofDays(1);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

    private final HttpConfig config;
    private final ProtocolContext context;
    private final Consumers consumers;

    Subscribing(HttpConfig config, ProtocolContext context, Consumers consumers) {
        this.config = config;
        this.context = context;
        this.consumers = consumers;
    }

    /** Whether the client wants a stream; it polls otherwise. */
    static boolean isStream(HttpServerRequest request) {
        String accept = request.getHeader("accept");
        return accept != null && accept.toLowerCase(Locale.ROOT).contains("text/event-stream");
    }

    void receive(HttpServerRequest request, CallContext call, Query query, String path) {
        TopicPattern pattern = pattern(path);
        if (isStream(request)) {
            SubscribeTerms terms = terms(query, pattern, call);
            EventStream.Form form = new EventStream.Form(
                    query.number("max", 100, 1, 1_000),
                    isExplicit(query, terms),
                    query.choice("format", "structured", "structured", "data").equals("data"),
                    Objects.requireNonNullElse(request.getHeader("last-event-id"), ""));
            EventStream.open(context, request, consumers, call, terms, form, config.heartbeat());
            return;
        }
        SubscribeTerms terms = terms(query, pattern, call);
        if (terms.group().isEmpty()) {
            throw Query.invalid("parameter group: absent (expected: a group, whose events are polled; or the header"
                    + " Accept: text/event-stream, to watch without one)");
        }
        PollTerms poll = new PollTerms(
                terms,
                isExplicit(query, terms),
                query.number("max", 100, 1, 1_000),
                query.duration("wait", Duration.ofSeconds(1), Duration.ZERO, LONGEST_WAIT));
        String session = request.getHeader(PollSession.HEADER);
        if (session == null) {
            PollSession.open(context, consumers, call, poll, config.sessionTimeout(), request);
        } else {
            consumers.session(session, call).poll(request, poll);
        }
    }

    /** The wildcards that cannot stand in a path as they are may be percent-encoded; nothing else is decoded. */
    private static TopicPattern pattern(String path) {
        if (path.indexOf('%') < 0) {
            return TopicPattern.of(path);
        }
        String[] levels = path.split("/", -1);
        for (int i = 0; i < levels.length; i++) {
            levels[i] = switch (levels[i].toUpperCase(Locale.ROOT)) {
                case "%3E" -> ">";
                case "%23" -> "#";
                case "%2A" -> "*";
                case "%2B" -> "+";
                default -> levels[i];
            };
        }
        return TopicPattern.of(String.join("/", levels));
    }

    private SubscribeTerms terms(Query query, TopicPattern pattern, CallContext call) {
        String group = query.text("group", "");
        Mode mode =
                query.choice("mode", "clustering", "clustering", "broadcasting").equals("broadcasting")
                        ? Mode.BROADCASTING
                        : Mode.CLUSTERING;
        if (!group.isEmpty()) {
            Names.requireGroup(group);
        }
        RetryPolicy retry = RetryPolicy.DEFAULT;
        DeliveryTerms delivery = new DeliveryTerms(
                new RetryPolicy(
                        query.number("maxAttempts", retry.maxAttempts(), 1, 1_000_000),
                        query.duration("retryDelay", retry.initialDelay(), Duration.ZERO, LONGEST),
                        multiplier(query, retry.multiplier()),
                        query.duration("retryMaxDelay", retry.maxDelay(), Duration.ZERO, LONGEST)),
                query.duration("ackTimeout", DeliveryTerms.DEFAULT.ackTimeout(), Duration.ofMillis(1), LONGEST),
                query.truth("ordered", true),
                query.text("filter").map(Subscribing::filter).orElse(""),
                null);
        Start start = start(query.text("from", "latest"), call.namespace(), context.clock());
        SubscribeTerms terms = new SubscribeTerms(group, pattern, mode, start, delivery, "http");
        if (terms.isPassing() && query.has("from") && !(start instanceof Start.Latest)) {
            throw Query.invalid("parameter from: '%s' (expected: latest, or a clustering group, which keeps its place)"
                    .formatted(Names.shown(query.text("from", ""))));
        }
        return terms;
    }

    /** Whoever names a group settles its events, unless it says otherwise; a passing reader has nothing to settle. */
    private static boolean isExplicit(Query query, SubscribeTerms terms) {
        return query.choice("ack", terms.isPassing() ? "auto" : "explicit", "auto", "explicit")
                .equals("explicit");
    }

    private static double multiplier(Query query, double otherwise) {
        String text = query.text("retryMultiplier", Double.toString(otherwise));
        try {
            double multiplier = Double.parseDouble(text);
            if (multiplier >= 1 && multiplier <= 1_000) {
                return multiplier;
            }
        } catch (NumberFormatException notANumber) {
            // said below
        }
        throw Query.invalid("parameter retryMultiplier: '%s' (expected: 1..1000)".formatted(Names.shown(text)));
    }

    /** A JSON array of filters, one filter, or the text of a CESQL expression, as the array that the mesh keeps. */
    static String filter(String text) {
        String stripped = text.strip();
        if (stripped.isEmpty()) {
            return "";
        }
        if (stripped.charAt(0) != '[' && stripped.charAt(0) != '{') {
            var sql = MAPPER.createObjectNode().put("sql", stripped);
            return MAPPER.createArrayNode().add(sql).toString();
        }
        try {
            JsonNode tree = MAPPER.readTree(stripped);
            return tree.isArray()
                    ? tree.toString()
                    : MAPPER.createArrayNode().add(tree).toString();
        } catch (JsonProcessingException notJson) {
            throw Query.invalid("parameter filter: '%s' (expected: a JSON array of filters, one filter, or a CESQL"
                            .formatted(Names.shown(text))
                    + " expression)");
        }
    }

    /** {@code earliest}, {@code latest}, {@code @<time>}, {@code @-<duration>} or {@code <stream>/<partition>@<offset>}. */
    static Start start(String text, String namespace, InstantSource clock) {
        if (text.equals("earliest")) {
            return Start.earliest();
        }
        if (text.equals("latest")) {
            return Start.latest();
        }
        try {
            if (text.startsWith("@-")) {
                Duration ago =
                        Query.duration("parameter from", text.substring(2), Duration.ZERO, Duration.ofDays(36_500));
                return new Start.AtTime(clock.instant().minus(ago));
            }
            if (text.startsWith("@")) {
                return new Start.AtTime(time(text.substring(1)));
            }
            int at = text.lastIndexOf('@');
            int slash = text.lastIndexOf('/', at);
            if (slash > 0 && at > slash) {
                StreamName stream = new StreamName(namespace, text.substring(0, slash));
                int partition = Integer.parseUnsignedInt(text.substring(slash + 1, at));
                long offset = Long.parseLong(text.substring(at + 1));
                if (offset >= 0) {
                    return new Start.AtPosition(new Position(new StreamPartition(stream, partition), offset));
                }
            }
        } catch (DateTimeException | NumberFormatException notAStart) {
            // said below
        }
        throw Query.invalid(
                "start: '%s' (expected: earliest, latest, @2026-01-31T09:30:00Z, @-1h, or".formatted(Names.shown(text))
                        + " <stream>/<partition>@<offset>)");
    }

    private static Instant time(String text) {
        // an offset's plus, where the parameter was not encoded
        return OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
    }

    private static Set<String> with(Set<String> some, String more) {
        Set<String> all = new HashSet<>(some);
        all.add(more);
        return Set.copyOf(all);
    }
}
