package io.eventmesh.rules.spec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.proto.v1.DeliveryPolicy.Jitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * When what failed is tried again: one of the named policies, or one of one's own.
 *
 * @param json as it was written
 * @param attempts the first counts
 * @param age that it brings along, since the result was stored; zero for none
 * @param retryOn HTTP codes, empty for the usual ones
 */
record RetrySpec(
        JsonNode json,
        int attempts,
        Duration initial,
        double multiplier,
        Duration longest,
        Jitter jitter,
        Duration age,
        Duration retryAfter,
        List<Integer> retryOn) {
    static final RetrySpec DEFAULT = new RetrySpec(
            TextNode.valueOf("DEFAULT"),
            5,
            Duration.ofMillis(200),
            2,
            Duration.ofSeconds(30),
            Jitter.JITTER_FULL,
            Duration.ZERO,
            Duration.ofHours(1),
            List.of());

    /** 1 s doubling to 512 s, for a day. */
    private static final RetrySpec EXPONENTIAL_DECAY = new RetrySpec(
            TextNode.valueOf("EXPONENTIAL_DECAY_RETRY"),
            176,
            Duration.ofSeconds(1),
            2,
            Duration.ofSeconds(512),
            Jitter.JITTER_NONE,
            Duration.ofDays(1),
            Duration.ofHours(1),
            List.of());

    /** Three attempts, 10 to 20 s apart. */
    private static final RetrySpec REGULAR_INTERVAL = new RetrySpec(
            TextNode.valueOf("REGULAR_INTERVAL_RETRY"),
            3,
            Duration.ofSeconds(20),
            1,
            Duration.ofSeconds(20),
            Jitter.JITTER_EQUAL,
            Duration.ZERO,
            Duration.ofHours(1),
            List.of());

    private static final Map<String, RetrySpec> NAMED = Map.of(
            "DEFAULT", DEFAULT,
            "EXPONENTIAL_DECAY_RETRY", EXPONENTIAL_DECAY,
            "REGULAR_INTERVAL_RETRY", REGULAR_INTERVAL);

    private static final Map<String, Jitter> JITTER =
            Map.of("FULL", Jitter.JITTER_FULL, "EQUAL", Jitter.JITTER_EQUAL, "NONE", Jitter.JITTER_NONE);
    private static final int MOST_ATTEMPTS = 1_000;
    private static final double STEEPEST = 10;
    private static final Duration LONGEST = Duration.ofDays(1);
    private static final int MOST_CODES = 50;

    static Optional<RetrySpec> read(Section delivery) {
        Optional<JsonNode> given = delivery.any("retry");
        if (given.isEmpty()) {
            return Optional.empty();
        }
        if (given.get().isTextual()) {
            RetrySpec named = NAMED.get(given.get().textValue());
            if (named == null) {
                delivery.problem(
                        "retry",
                        "'%s' (expected: DEFAULT, EXPONENTIAL_DECAY_RETRY, REGULAR_INTERVAL_RETRY or an object)"
                                .formatted(Names.shown(given.get().textValue())));
            }
            return Optional.ofNullable(named);
        }
        return delivery.section("retry").map(RetrySpec::own);
    }

    private static RetrySpec own(Section retry) {
        retry.only("maxAttempts", "initialDelay", "multiplier", "maxDelay", "jitter", "retryAfterMax", "retryOn");
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        int attempts = retry.number("maxAttempts", DEFAULT.attempts(), 1, MOST_ATTEMPTS);
        Duration initial = retry.duration("initialDelay", LONGEST).orElse(DEFAULT.initial());
        double multiplier = retry.any("multiplier").isPresent()
                ? retry.decimal("multiplier", 1, STEEPEST).doubleValue()
                : DEFAULT.multiplier();
        Duration fallback = initial.compareTo(DEFAULT.longest()) > 0 ? initial : DEFAULT.longest();
        Duration longest = retry.duration("maxDelay", LONGEST).orElse(fallback);
        if (longest.compareTo(initial) < 0) {
            retry.problem("maxDelay", "%s (expected: >= initialDelay, %s)".formatted(longest, initial));
        }
        String jitter = retry.choice("jitter", List.of("FULL", "EQUAL", "NONE")).orElse("FULL");
        Duration after = retry.duration("retryAfterMax", Duration.ZERO, LONGEST).orElse(DEFAULT.retryAfter());
        json.put("maxAttempts", attempts)
                .put("initialDelay", initial.toString())
                .put("multiplier", multiplier)
                .put("maxDelay", longest.toString())
                .put("jitter", jitter)
                .put("retryAfterMax", after.toString());
        List<Integer> codes = codes(retry);
        if (!codes.isEmpty()) {
            ArrayNode written = json.putArray("retryOn");
            codes.forEach(written::add);
        }
        return new RetrySpec(
                json,
                attempts,
                initial,
                multiplier,
                longest,
                JITTER.getOrDefault(jitter, Jitter.JITTER_FULL),
                Duration.ZERO,
                after,
                codes);
    }

    private static List<Integer> codes(Section retry) {
        List<Integer> codes = new ArrayList<>();
        int at = 0;
        for (JsonNode code : retry.list("retryOn", MOST_CODES)) {
            if (!code.isInt() || code.intValue() < 400 || code.intValue() > 599) {
                retry.problemAt("retryOn/" + at, "%s (expected: 400..599)".formatted(Section.shown(code)));
            } else {
                codes.add(code.intValue());
            }
            at++;
        }
        return List.copyOf(codes);
    }

    /** Says all of it in a policy. */
    DeliveryPolicy.Builder applied(DeliveryPolicy.Builder policy) {
        if (!age.isZero()) {
            policy.setMaxAgeMs(age.toMillis());
        }
        return policy.setMaxAttempts(attempts)
                .setInitialDelayMs(initial.toMillis())
                .setMultiplier(multiplier)
                .setMaxDelayMs(longest.toMillis())
                .setJitter(jitter)
                .setRetryAfterMaxMs(retryAfter.toMillis())
                .clearRetryOn()
                .addAllRetryOn(retryOn);
    }
}
