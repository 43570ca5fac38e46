package io.eventmesh.benchmarks.rules;

import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterCost;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.function.RuleIndex;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Sets of rules made to be as dear as they can: how long they take to build, what their cost was estimated to be, whether
 * that is refused, and what the event that costs most does cost.
 *
 * <p>{@code java -cp benchmarks.jar io.eventmesh.benchmarks.rules.WorstRules [rules]}
 */
public final class WorstRules {
    private static final String OF_ONE_TYPE = "{\"type\":[\"order\"],\"data\":{";

    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private final RuleFilterProvider filters = RuleMix.filters();
    private final int rules;

    private WorstRules(int rules) {
        this.rules = rules;
    }

    public static void main(String[] args) {
        new WorstRules(args.length == 0 ? 10_000 : Integer.parseInt(args[0])).print();
    }

    private void print() {
        out.printf(
                Locale.ROOT,
                "%-34s %8s %10s %12s %9s %9s %12s%n",
                "rules, all of one type",
                "rules",
                "build ms",
                "steps",
                "refused",
                "matches",
                "us an event");
        String text = "-a".repeat(60);
        row("numeric, distinct lower bounds", i -> "\"n\":[{\"numeric\":[\">\",%d.5]}]".formatted(i), number(rules));
        row(
                "numeric, nested ranges",
                i -> "\"n\":[{\"numeric\":[\">\",%d,\"<\",%d]}]".formatted(-i - 1, i + 1),
                number(0));
        row(
                "numeric, ranges side by side",
                i -> "\"n\":[{\"numeric\":[\">=\",%d,\"<\",%d]}]".formatted(i, i + 1),
                number(1));
        row("anything-but, distinct values", i -> "\"s\":[{\"anything-but\":\"v%d\"}]".formatted(i), text("w"));
        row(
                "anything-but prefix, all excluded",
                i -> "\"s\":[{\"anything-but\":{\"prefix\":\"%s\"}}]".formatted("w".repeat(1 + i % 40)),
                text("w".repeat(40)));
        row("wildcard, one piece each", i -> "\"s\":[{\"wildcard\":\"*-%d-*\"}]".formatted(i), text("-77-" + text));
        row(
                "wildcard, many stars, none met",
                i -> "\"s\":[{\"wildcard\":\"*-*a*-*a*-*a*-*a*%d\"}]".formatted(i % 10),
                text("0123456789" + text + "x"));
        row("wildcard, the same by a text of 1 MB", WorstRules::runs, text("a".repeat(1_000_000) + "b"));
        row(
                "anything-but, long prefixes",
                i -> "\"s\":[{\"anything-but\":{\"prefix\":\"%s%d\"}}]".formatted("w".repeat(3_000), i),
                text("w".repeat(3_000)));
        row("exists false, distinct fields", i -> "\"f%d\":[{\"exists\":false}]".formatted(i), text(text));
        row(
                "prefixes of one another",
                i -> "\"s\":[{\"prefix\":\"%s\"}]".formatted("a".repeat(i % 2_000)),
                text("a".repeat(2_000)));
        row("ten alternatives each", i -> "\"$or\":[%s]".formatted(tenFields(i)), text("w"));
        row(
                "numeric, an array of 10,000",
                i -> "\"n\":[{\"numeric\":[\">\",%d.5]}]".formatted(i),
                "{\"n\":[%s]}".formatted("1,".repeat(9_999) + rules));
        row(
                "anything-but, an array of 50,000",
                i -> "\"s\":[{\"anything-but\":{\"prefix\":[\"w\",\"v%d\"]}}]".formatted(i),
                IntStream.range(0, 50_000)
                        .mapToObj("\"w%d\""::formatted)
                        .collect(Collectors.joining(",", "{\"s\":[", "]}")));
    }

    /** Wildcards that are all found by the same pieces, and look for others behind the end of what there is. */
    private static String runs(int rule) {
        return "\"s\":[{\"wildcard\":\"*%s*%sb*b\"}]".formatted("a".repeat(5 + rule % 100), "a".repeat(5 + rule / 100));
    }

    private static String number(int number) {
        return "{\"n\":%d}".formatted(number);
    }

    private static String text(String text) {
        return "{\"s\":\"%s\"}".formatted(text);
    }

    private static String tenFields(int rule) {
        StringBuilder choices = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            choices.append(i == 0 ? "" : ",")
                    .append("{\"s\":[{\"anything-but\":\"w\"}],\"g%d\":[%d]}".formatted(i, rule));
        }
        return choices.toString();
    }

    private void row(String name, IntFunction<String> fields, String payload) {
        long started = System.nanoTime();
        Map<Integer, RuleFilter> compiled = new LinkedHashMap<>(2 * rules);
        for (int i = 0; i < rules; i++) {
            compiled.put(i, filters.compile(OF_ONE_TYPE + fields.apply(i) + "}}", ""));
        }
        RuleIndex<Integer> index = filters.index(compiled);
        long built = System.nanoTime() - started;

        EventView event = RuleMix.view(Event.builder()
                .id("1")
                .source("/s")
                .type("order")
                .dataContentType("application/json")
                .text(payload)
                .build());
        JsonEvent.of(event).data();
        int matches = index.matches(event).size();
        // As in a process that lives long, where what stays has been put together.
        System.gc();
        double micros = Double.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            micros = Math.min(micros, micros(index, event));
        }
        FilterCost cost = index.cost();
        out.printf(
                Locale.ROOT,
                "%-34s %8d %10.0f %12d %9s %9d %12.1f%n",
                name,
                rules,
                built / 1e6,
                cost.steps(),
                cost.steps() > FilterCost.MAX_STEPS ? "yes" : "no",
                matches,
                micros);
    }

    private static double micros(RuleIndex<Integer> index, EventView event) {
        long started = System.nanoTime();
        int count = 0;
        do {
            index.matches(event);
            count++;
        } while (System.nanoTime() - started < 300_000_000L);
        return (System.nanoTime() - started) / 1e3 / count;
    }
}
