package io.eventmesh.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.event.Event;
import io.eventmesh.tests.process.Rest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Rules and events that would take a runtime's processors or memory, if they were let. */
final class Bombs {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final int EACH = 3;
    private static final int WILDCARDS = 10;

    private final RuleCluster cluster;

    Bombs(RuleCluster cluster) {
        this.cluster = cluster;
    }

    /** What can be seen to be one when it is written down. */
    void areRefused() {
        Map<String, String> bombs = new LinkedHashMap<>();
        bombs.put("megabyte", "{\"type\": [\"%s\"]}".formatted("x".repeat(1 << 20)));
        bombs.put("alternatives", alternatives());
        bombs.put("deep", "{\"a\":".repeat(200) + "[1]" + "}".repeat(200));
        bombs.put("wildcards", "{\"type\": [{\"wildcard\": \"%s\"}]}".formatted("*a**b".repeat(40)));
        bombs.forEach((name, pattern) -> {
            Rest.Answer answer = cluster.admin()
                    .call("PUT", "/api/v1/rules/bomb-" + name, "{\"spec\": %s}".formatted(spec(pattern, "")));
            assertThat(answer.status()).as("%s: %s", name, answer.body()).isIn(400, 413, 422);
            System.out.printf("bomb %s: refused, %d %s%n", name, answer.status(), shown(answer.body()));
        });
    }

    private static String shown(JsonNode body) {
        String text = body.toString();
        return text.substring(0, Math.min(text.length(), 300));
    }

    /** Two to the twentieth alternatives once they are multiplied out. */
    private static String alternatives() {
        StringBuilder pattern = new StringBuilder("{\"data\":{");
        for (int level = 0; level < 20; level++) {
            pattern.append("%s\"f%d\":{\"$or\":[{\"a\":[1]},{\"b\":[2]}]}".formatted(level == 0 ? "" : ",", level));
        }
        return pattern.append("}}").toString();
    }

    /** What only an event sets off: it ends in the dead letter of its rule, and the others go on. */
    void areBounded() throws Exception {
        Map<String, String> expressions = new LinkedHashMap<>();
        expressions.put("recursion", "($f := function($n) { $f($n + 1) + 1 }; $f(1))");
        expressions.put("pad", "$pad(\\\"x\\\", 2000000000)");
        expressions.put("exponential", "($f := function($n) { $n < 2 ? 1 : $f($n - 1) + $f($n - 2) }; $f(60))");
        expressions.put("growth", "($f := function($s) { $f($s & $s) }; $f(\\\"xxxxxxxx\\\"))");
        expressions.forEach((name, expression) -> cluster.admin()
                .put(
                        "/api/v1/rules/bomb-" + name,
                        "{\"spec\": %s}"
                                .formatted(spec(
                                        "{\"data\": {\"bomb\": [\"%s\"]}}".formatted(name),
                                        "\"transforms\": [{\"kind\": \"jsonata\", \"spec\": {\"expression\": \"%s\"}}],"
                                                .formatted(expression)))));
        awaitLive("expressions");
        for (String name : expressions.keySet()) {
            for (int i = 0; i < EACH; i++) {
                publish(name + i, "{\"bomb\": \"%s\"}".formatted(name));
            }
        }
        publish("deep", deep(5_000));
        payloadsThatCannotBeSeenAreExplained();
        wildcardsOverALongText();
        for (String name : expressions.keySet()) {
            String letters = "/api/v1/dlq/_dl%2Fdefault%2Frule%2Fbomb-" + name + "%2Fout/events";
            await(name + " lies in the dead letter").atMost(PATIENCE).untilAsserted(() -> {
                JsonNode items =
                        cluster.admin().call("GET", letters, null).body().path("items");
                assertThat(items).as("%s", items).hasSize(EACH);
                items.forEach(
                        letter -> assertThat(letter.path("stage").asText()).isEqualTo("transform"));
                System.out.printf("bomb %s: %s%n", name, shown(items.path(0).path("message")));
            });
        }
        expressions.keySet().forEach(name -> cluster.admin().delete("/api/v1/rules/bomb-" + name));
    }

    private static String deep(int levels) {
        return "{\"a\":".repeat(levels) + "1" + "}".repeat(levels);
    }

    private void payloadsThatCannotBeSeenAreExplained() {
        String event = "{\"event\": {\"type\": \"bomb\", \"data\": %s}}".formatted(deep(150));
        Rest.Answer answer = cluster.admin().call("POST", "/api/v1/rules/bomb-pad:explain", event);
        assertThat(answer.body().toString()).contains("payload is over a bound");
        System.out.printf(
                "bomb deep: %s%n", answer.body().path("clauses").path(3).path("found"));
    }

    /** Each of them would look at the whole text; a rule on an attribute takes the event nevertheless. */
    private void wildcardsOverALongText() throws Exception {
        for (int rule = 0; rule < WILDCARDS; rule++) {
            String wildcards = IntStream.range(0, 60)
                    .mapToObj(i -> "{\"wildcard\": \"*%sb*b\"}".formatted("a".repeat(5 + i)))
                    .collect(Collectors.joining(","));
            cluster.admin()
                    .put(
                            "/api/v1/rules/bomb-stars-" + rule,
                            "{\"spec\": %s}".formatted(spec("{\"data\": {\"text\": [%s]}}".formatted(wildcards), "")));
        }
        cluster.admin().put("/api/v1/rules/bomb-any", "{\"spec\": %s}".formatted(spec("{\"type\": [\"bomb\"]}", "")));
        awaitLive("stars");
        try (Reader reader = new Reader(cluster.client(), "bombed", "bombed")) {
            publish("stars", "{\"text\": \"%sb\"}".formatted("a".repeat(900_000)));
            await("a rule by attributes takes it")
                    .atMost(PATIENCE)
                    .until(() -> reader.ids().contains("bomb-stars"));
        }
        cluster.admin().delete("/api/v1/rules/bomb-any");
        for (int rule = 0; rule < WILDCARDS; rule++) {
            cluster.admin().delete("/api/v1/rules/bomb-stars-" + rule);
        }
        System.out.println("bomb stars: taken by the rule on its type");
    }

    /** Until events are judged by what was put before, which a rule that was put after it shows. */
    private void awaitLive(String what) throws Exception {
        String rule = "/api/v1/rules/bomb-live-" + what;
        String type = "live-" + what;
        cluster.admin().put(rule, "{\"spec\": %s}".formatted(spec("{\"type\": [\"%s\"]}".formatted(type), "")));
        try (Reader reader = new Reader(cluster.client(), "bombed", type)) {
            await(what + " are live").atMost(PATIENCE).until(() -> {
                publish(type, type, "{}");
                return reader.ids().contains("bomb-" + type);
            });
        }
        cluster.admin().delete(rule);
    }

    private void publish(String id, String data) throws Exception {
        publish("bomb", id, data);
    }

    private void publish(String type, String id, String data) throws Exception {
        cluster.client()
                .publish(
                        "bombs",
                        Event.builder()
                                .id("bomb-" + id)
                                .source("/bombs")
                                .type(type)
                                .dataContentType("application/json")
                                .text(data)
                                .build())
                .get(30, TimeUnit.SECONDS);
    }

    private static String spec(String filter, String transforms) {
        return """
                {"patterns": ["bombs"], "filter": %s, %s
                 "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "bombed"}}]}""".formatted(filter, transforms);
    }
}
