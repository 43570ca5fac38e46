package io.eventmesh.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.spi.event.Event;
import io.eventmesh.tests.rules.Site.Answer;
import io.eventmesh.tests.rules.Site.Call;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A shop's orders by rules: EU orders over 100 go to a billing webhook that fails for a while, all to an audit topic,
 * express orders to a pricing function whose answers are routed on by another rule; one of two function runtimes is killed
 * meanwhile. What each destination must have got is reckoned here.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class OrdersByRulesIT {
    private static final int ORDERS = Integer.getInteger("rules.orders", 1_500);
    /** Of the orders; one run again by {@code -Drules.seed=}. */
    private static final long SEED = Long.getLong("rules.seed", new Random().nextInt());

    private static final int TICK_MILLIS = 10;
    private static final int ORDERS_A_TICK = 3;
    /** Events that a function runtime may have in judgement: so many may come twice when it is killed. */
    private static final int WINDOW = 64;

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    private final List<Order> orders = new ArrayList<>();
    private final AtomicInteger published = new AtomicInteger();
    private final AtomicInteger billingFailures = new AtomicInteger();
    private volatile boolean billingFails;
    private volatile boolean poisonIsTaken;

    @Test
    void everyTargetGotExactlyWhatItsFilterSays() throws Exception {
        Random random = new Random(SEED);
        for (int number = 0; number < ORDERS; number++) {
            orders.add(Order.made(number, random));
        }
        try (Site billing = new Site(this::bill);
                Site pricing = new Site(OrdersByRulesIT::price);
                RuleCluster cluster = new RuleCluster(directory, 2, "function.max-in-flight=" + WINDOW)) {
            defineRules(cluster, billing, pricing);
            try (Reader audit = new Reader(cluster.client(), "audit", "auditors");
                    Reader routed = new Reader(cluster.client(), "routed", "dear")) {
                publishWithFaults(cluster);

                awaitAll("audit", audit::ids, ids(order -> true));
                awaitAll("billing", () -> ids(billing), ids(order -> order.isBilled() && !order.poison()));
                awaitAll("pricing", () -> ids(pricing), ids(Order::express));
                awaitAll("routed", () -> numbers(routed), ids(Order::isRouted));
                tell(audit, billing, pricing, routed);
                assertThat(repeats(audit.ids())).as("orders audited twice").isLessThanOrEqualTo(WINDOW);
                assertThat(repeats(ids(billing))).as("orders billed twice").isLessThanOrEqualTo(WINDOW);
                assertThat(repeats(ids(pricing))).as("orders priced twice").isLessThanOrEqualTo(WINDOW);
                assertThat(repeats(numbers(routed))).as("prices routed twice").isLessThanOrEqualTo(2 * WINDOW);
                assertThat(inversions(billing))
                        .as("orders of a customer billed out of order")
                        .isEmpty();
                assertThat(billing.taken()).allMatch(call -> call.header().equals("eu-orders/billing@1"));
                poisonLiesInTheDeadLetter(cluster);
                redriveDeliversIt(cluster, billing);
            }
        }
    }

    private void tell(Reader audit, Site billing, Site pricing, Reader routed) {
        System.out.printf(
                "%d orders, seed %d: audited %d and %d twice; billed %d and %d twice, %d out of order, after %d failed calls; "
                        + "priced %d and %d twice; routed %d and %d twice; poison %d%n",
                ORDERS,
                SEED,
                Set.copyOf(audit.ids()).size(),
                repeats(audit.ids()),
                Set.copyOf(ids(billing)).size(),
                repeats(ids(billing)),
                inversions(billing).size(),
                billingFailures.get(),
                Set.copyOf(ids(pricing)).size(),
                repeats(ids(pricing)),
                Set.copyOf(numbers(routed)).size(),
                repeats(numbers(routed)),
                ids(order -> order.isBilled() && order.poison()).size());
    }

    private Answer bill(Call call) {
        if (billingFails) {
            billingFailures.incrementAndGet();
            return Answer.no(503);
        }
        return data(call.body()).path("poison").asBoolean() && !poisonIsTaken ? Answer.no(400) : Answer.YES;
    }

    private static Answer price(Call call) {
        JsonNode order = data(call.body());
        int price = order.path("total").asInt() * 2;
        return new Answer(
                200,
                Map.of(
                        "ce-specversion", "1.0",
                        "ce-id", "priced-" + call.id(),
                        "ce-source", "/pricing",
                        "ce-type", "order.priced",
                        "ce-partitionkey", call.key(),
                        "content-type", "application/json"),
                "{\"number\":%d,\"price\":%d}".formatted(order.path("number").asInt(), price));
    }

    private static void defineRules(RuleCluster cluster, Site billing, Site pricing) {
        cluster.admin().put("/api/v1/rules/eu-orders", """
                {"spec": {"patterns": ["orders/>"],
                          "filter": {"data": {"region": ["EU"], "total": [{"numeric": [">", 100]}]}},
                          "targets": [{"name": "billing", "kind": "webhook",
                                       "spec": {"url": "%s", "handshake": "skip"},
                                       "delivery": {"orderingKey": "partitionkey", "maxInFlight": 16,
                                           "retry": {"maxAttempts": 100, "initialDelay": "PT0.1S", "multiplier": 1.5,
                                                     "maxDelay": "PT1S", "jitter": "FULL"}}}]}}""".formatted(billing.url()));
        cluster.admin().put("/api/v1/rules/audit", """
                {"spec": {"patterns": ["orders/>"],
                          "targets": [{"name": "log", "kind": "topic", "spec": {"topic": "audit"}}]}}""");
        cluster.admin().put("/api/v1/rules/express", """
                {"spec": {"patterns": ["orders/>"], "filter": {"data": {"express": [true]}},
                          "targets": [{"name": "pricing", "kind": "function",
                                       "spec": {"url": "%s", "topic": "priced"}}]}}""".formatted(pricing.url()));
        cluster.admin().put("/api/v1/rules/dear", """
                {"spec": {"patterns": ["priced"], "filter": {"data": {"price": [{"numeric": [">=", 150]}]}},
                          "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "routed"}}]}}""");
    }

    private void publishWithFaults(RuleCluster cluster) throws InterruptedException {
        ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();
        AtomicInteger answered = new AtomicInteger();
        List<String> failures = java.util.Collections.synchronizedList(new ArrayList<>());
        try {
            var publishing = ticks.scheduleAtFixedRate(
                    () -> {
                        for (int i = 0; i < ORDERS_A_TICK && published.get() < ORDERS; i++) {
                            Order order = orders.get(published.getAndIncrement());
                            cluster.client()
                                    .publish("orders/" + order.region(), order.event())
                                    .whenComplete((stored, failure) -> {
                                        answered.incrementAndGet();
                                        if (failure != null) {
                                            failures.add(order.id() + ": " + failure);
                                        }
                                    });
                        }
                    },
                    0,
                    TICK_MILLIS,
                    TimeUnit.MILLISECONDS);
            awaitPublished(ORDERS / 5);
            billingFails = true;
            awaitPublished(ORDERS / 3);
            cluster.function(0).kill();
            awaitPublished(ORDERS * 3 / 4);
            billingFails = false;
            await("every publish is answered").atMost(PATIENCE).until(() -> answered.get() == ORDERS);
            assertThat(publishing.isDone()).isFalse();
        } finally {
            ticks.shutdownNow();
        }
        assertThat(failures).isEmpty();
    }

    private void awaitPublished(int count) {
        await("so many are published").atMost(PATIENCE).until(() -> published.get() >= count);
    }

    private void poisonLiesInTheDeadLetter(RuleCluster cluster) {
        Set<String> poison = ids(order -> order.isBilled() && order.poison());
        assertThat(poison).isNotEmpty();
        List<JsonNode> letters = new ArrayList<>();
        cluster.admin()
                .get("/api/v1/dlq/_dl%2Fdefault%2Frule%2Feu-orders%2Fbilling/events?limit=500")
                .path("items")
                .forEach(letters::add);

        assertThat(letters.stream()
                        .map(letter -> letter.at("/event/id").asText())
                        .collect(Collectors.toSet()))
                .isEqualTo(poison);
        assertThat(letters).allSatisfy(letter -> {
            assertThat(letter.path("message").asText()).contains("400");
            assertThat(letter.path("exhausted").asText()).isEqualTo("permanent");
            assertThat(letter.path("owner").asText()).isEqualTo("eu-orders/billing");
            assertThat(letter.path("epoch").asText()).isEqualTo("1");
        });
    }

    private void redriveDeliversIt(RuleCluster cluster, Site billing) {
        poisonIsTaken = true;

        cluster.admin().call("POST", "/api/v1/dlq/_dl%2Fdefault%2Frule%2Feu-orders%2Fbilling:redrive", "{}");

        awaitAll("redriven", () -> ids(billing), ids(Order::isBilled));
    }

    private static void awaitAll(String what, java.util.function.Supplier<Collection<String>> came, Set<String> all) {
        await(what).atMost(PATIENCE).untilAsserted(() -> {
            Set<String> missing = new TreeSet<>(all);
            missing.removeAll(came.get());
            assertThat(missing).as("missing of %d", all.size()).isEmpty();
        });
        Set<String> strange = new TreeSet<>(came.get());
        strange.removeAll(all);
        assertThat(strange).as("%s: not meant for it", what).isEmpty();
    }

    private Set<String> ids(Predicate<Order> which) {
        return orders.stream().filter(which).map(Order::id).collect(Collectors.toSet());
    }

    private static List<String> ids(Site site) {
        return site.taken().stream().map(Call::id).toList();
    }

    /** Of the orders that prices are about. */
    private static List<String> numbers(Reader reader) {
        return reader.came().stream()
                .map(OrdersByRulesIT::data)
                .map(data -> "order-" + data.path("number").asInt())
                .toList();
    }

    private static int repeats(Collection<String> ids) {
        return ids.size() - new HashSet<>(ids).size();
    }

    /** Orders that were billed for the first time after a later one of their customer. */
    private static List<String> inversions(Site site) {
        Map<String, Integer> newest = new HashMap<>();
        Set<String> seen = new HashSet<>();
        List<String> inversions = new ArrayList<>();
        for (Call call : site.taken()) {
            int number = data(call.body()).path("number").asInt();
            if (seen.add(call.id()) && newest.merge(call.key(), number, Math::max) > number) {
                inversions.add("%s after %d".formatted(call.id(), newest.get(call.key())));
            }
        }
        return inversions;
    }

    private static JsonNode data(Event event) {
        return data(new String(event.data(), java.nio.charset.StandardCharsets.UTF_8));
    }

    private static JsonNode data(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException notJson) {
            throw new UncheckedIOException(json, notJson);
        }
    }
}
