package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.DeliveryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * How events get to targets, as far as a document says it. What a target leaves open its bus says, and what that leaves
 * open {@link #defaults}; {@code retry} counts as one thing. Immutable.
 */
public final class DeliverySpec {
    /** Nothing is said. */
    public static final DeliverySpec NONE = new DeliverySpec(JsonNodeFactory.instance.objectNode(), List.of());

    private static final Duration LONGEST_AGE = Duration.ofDays(30);
    private static final Duration LONGEST_ATTEMPT = Duration.ofMinutes(10);
    private static final Duration LONGEST_REST = Duration.ofHours(1);
    private static final Duration LONGEST_BATCH = Duration.ofMinutes(1);
    private static final int MOST = 1_000;
    private static final double FASTEST = 1_000_000;
    private static final Duration REST = Duration.ofSeconds(30);
    private static final Duration BATCH_DELAY = Duration.ofMillis(100);
    private static final Pattern ATTRIBUTE = Pattern.compile("[a-z0-9]{1,64}");

    private final ObjectNode json;
    private final List<Consumer<DeliveryPolicy.Builder>> members;

    private DeliverySpec(ObjectNode json, List<Consumer<DeliveryPolicy.Builder>> members) {
        this.json = json;
        this.members = List.copyOf(members);
    }

    /**
     * What holds where nobody says otherwise: 5 attempts, 0.2 s doubling to 30 s, then the dead letter; 30 s an attempt;
     * in the order of {@code partitionkey}; 16 calls at a time, 256 within the mesh; no batches, no bound of age or rate, no breaker.
     */
    public static DeliveryPolicy defaults() {
        return RetrySpec.DEFAULT
                .applied(DeliveryPolicy.newBuilder())
                .setTimeoutMs(Duration.ofSeconds(30).toMillis())
                .setOrderingKey("partitionkey")
                .setBatchEvents(1)
                .setBreakerRestMs(REST.toMillis())
                .build();
    }

    /** Reads {@code delivery}, if it is there; whatever is wrong is added to the problems. */
    static DeliverySpec read(Section document) {
        return document.section("delivery").map(DeliverySpec::members).orElse(NONE);
    }

    private static DeliverySpec members(Section given) {
        given.only(
                "retry",
                "maxAge",
                "timeout",
                "orderingKey",
                "batch",
                "maxInFlight",
                "rate",
                "breaker",
                "tolerance",
                "deadLetter");
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        List<Consumer<DeliveryPolicy.Builder>> members = new ArrayList<>();
        RetrySpec.read(given).ifPresent(retry -> {
            json.set("retry", retry.json());
            members.add(retry::applied);
        });
        // after retry: a named policy may bring an age of its own
        given.duration("maxAge", LONGEST_AGE).ifPresent(age -> {
            json.put("maxAge", age.toString());
            members.add(policy -> policy.setMaxAgeMs(age.toMillis()));
        });
        given.duration("timeout", LONGEST_ATTEMPT).ifPresent(timeout -> {
            json.put("timeout", timeout.toString());
            members.add(policy -> policy.setTimeoutMs(timeout.toMillis()));
        });
        pace(given, json, members);
        given.section("breaker").ifPresent(breaker -> {
            breaker.only("failures", "rest");
            int failures = breaker.requiredNumber("failures", 1, MOST);
            Duration rest = breaker.duration("rest", LONGEST_REST).orElse(REST);
            json.putObject("breaker").put("failures", failures).put("rest", rest.toString());
            members.add(policy -> policy.setBreakerFailures(failures).setBreakerRestMs(rest.toMillis()));
        });
        failures(given, json, members);
        return new DeliverySpec(json, members);
    }

    private static void pace(Section given, ObjectNode json, List<Consumer<DeliveryPolicy.Builder>> members) {
        given.text("orderingKey").ifPresent(attribute -> {
            if (!attribute.isEmpty() && !ATTRIBUTE.matcher(attribute).matches()) {
                given.problem(
                        "orderingKey",
                        "'%s' (expected: the name of an attribute, such as partitionkey; '' for none)"
                                .formatted(Names.shown(attribute)));
            }
            json.put("orderingKey", attribute);
            members.add(policy -> policy.setOrderingKey(attribute));
        });
        given.section("batch").ifPresent(batch -> {
            batch.only("events", "delay");
            int events = batch.requiredNumber("events", 1, MOST);
            Duration delay = batch.duration("delay", LONGEST_BATCH).orElse(BATCH_DELAY);
            json.putObject("batch").put("events", events).put("delay", delay.toString());
            members.add(policy -> policy.setBatchEvents(events).setBatchDelayMs(events > 1 ? delay.toMillis() : 0));
        });
        if (given.any("maxInFlight").isPresent()) {
            int calls = given.number("maxInFlight", 1, 1, MOST);
            json.put("maxInFlight", calls);
            members.add(policy -> policy.setMaxInFlight(calls));
        }
        if (given.any("rate").isPresent()) {
            JsonNode rate = given.decimal("rate", 0, FASTEST);
            json.set("rate", rate);
            members.add(policy -> policy.setRatePerSecond(rate.doubleValue()));
        }
    }

    private static void failures(Section given, ObjectNode json, List<Consumer<DeliveryPolicy.Builder>> members) {
        given.choice("tolerance", List.of("ALL", "NONE")).ifPresent(tolerance -> {
            json.put("tolerance", tolerance);
            members.add(policy -> policy.setStopOnFailure(tolerance.equals("NONE")));
        });
        given.section("deadLetter").ifPresent(letters -> {
            letters.only("topic");
            ObjectNode written = json.putObject("deadLetter");
            Checks.topic(letters, "topic").ifPresent(topic -> {
                written.put("topic", topic);
                members.add(policy -> policy.setDeadLetterTopic(topic));
            });
        });
    }

    /** With what is said here instead of the same in the base. */
    public DeliveryPolicy over(DeliveryPolicy base) {
        DeliveryPolicy.Builder policy = base.toBuilder();
        members.forEach(member -> member.accept(policy));
        return policy.build();
    }

    /** Whether nothing is said. */
    boolean isEmpty() {
        return json.isEmpty();
    }

    /** As it is stored and shown. */
    ObjectNode json() {
        return json;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DeliverySpec same && json.equals(same.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    @Override
    public String toString() {
        return json.toString();
    }
}
