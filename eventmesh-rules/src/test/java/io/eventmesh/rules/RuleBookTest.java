package io.eventmesh.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.BusLayout;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RuleBookTest {
    private static final long CHANGED = 1_000_000;

    @Test
    void anEventOfSeveralPatternsOfARuleIsJudgedByWayOfTheFirst() {
        RuleBook book = book(definitions(rule("all").addPatterns("orders/eu")));

        assertThat(book.sets()).hasSize(2);
        assertThat(judges(book, "orders/eu", 0)).containsExactly("all@_rules/default");
    }

    @Test
    void aSetJudgesByAllItsRulesInOnePass() {
        RuleBook book = book(definitions(
                rule("a").setFilter("{\"type\":[\"order\"]}"),
                rule("b").setFilter("{\"type\":[\"bill\"]}"),
                rule("c"),
                rule("d").setDisabled(true)));

        RuleSet set = book.sets().values().iterator().next();

        assertThat(book.sets()).hasSize(1);
        assertThat(set.taking(view("orders/eu", 0))).extracting(Rule::name).containsExactly("a", "c");
    }

    @Test
    void aRuleThatThisProcessCannotApplyIsNamedAndTheOthersGoOn() {
        RuleBook book = book(definitions(
                rule("good"),
                rule("bad").addTransforms(TransformDefinition.newBuilder().setKind("wasm"))));

        assertThat(book.problems()).containsOnlyKeys("default:bad");
        assertThat(judges(book, "orders/eu", 0)).containsExactly("good@_rules/default");
    }

    @Test
    void aRuleWithoutPatternsJudgesThoseOfItsBus() {
        Definitions definitions = definitions(rule("r").clearPatterns()).toBuilder()
                .addBuses(bus().addPatterns("audit/>"))
                .build();

        assertThat(book(definitions).sets().keySet())
                .extracting(RuleSource::pattern)
                .containsExactly(TopicPattern.of("audit/>"));
    }

    @Test
    void whatDidNotChangeIsTakenOver() {
        RuleBook first = book(definitions(rule("a"), rule("b").clearPatterns().addPatterns("bills/>")));
        RuleBook next = first.next(
                definitions(
                        rule("a"),
                        rule("b").clearPatterns().addPatterns("bills/>").setRevision(2)),
                new InstalledPlugins());

        assertThat(next.rules().get(0)).isSameAs(first.rules().get(0));
        assertThat(next.rules().get(1)).isNotSameAs(first.rules().get(1));
        assertThat(set(next, "orders/>")).isSameAs(set(first, "orders/>"));
        assertThat(set(next, "bills/>")).isNotSameAs(set(first, "bills/>"));
    }

    @Test
    void theRulesOfABusAreDividedAmongItsShardsAndNoneIsForgotten() {
        Definitions.Builder definitions = Definitions.newBuilder().addBuses(bus().setShards(4));
        Map<String, Integer> perGroup = new HashMap<>();
        for (int i = 0; i < 1000; i++) {
            definitions.addRules(rule("rule-" + i));
        }

        List<String> judged = judges(book(definitions.build()), "orders/eu", 0);

        judged.forEach(one -> perGroup.merge(one.substring(one.indexOf('@')), 1, Integer::sum));
        assertThat(judged).hasSize(1000).doesNotHaveDuplicates();
        assertThat(perGroup).hasSize(4).containsKey("@_rules/default/0.3");
        assertThat(perGroup.values()).allMatch(count -> count > 150);
    }

    @Test
    void afterAChangeOfShardsEachEventIsJudgedOnceByTheLayoutOfItsTime() {
        Definitions definitions = definitions(rule("a"), rule("b"), rule("c")).toBuilder()
                .addBuses(bus().setShards(3)
                        .addLayouts(layout(0, 1))
                        .addLayouts(layout(1, 2))
                        .addLayouts(layout(2, 1))
                        .addLayouts(layout(3, 3)))
                .build();
        RuleBook book = book(definitions);

        assertThat(judges(book, "orders/eu", CHANGED - 1))
                .containsExactlyInAnyOrder("a@_rules/default", "b@_rules/default", "c@_rules/default");
        assertThat(judges(book, "orders/eu", CHANGED)).hasSize(3).allMatch(one -> one.contains("@_rules/default/1."));
        assertThat(judges(book, "orders/eu", 2 * CHANGED))
                .hasSize(3)
                .allMatch(one -> one.endsWith("@_rules/default/2.0"));
        assertThat(judges(book, "orders/eu", 3 * CHANGED))
                .hasSize(3)
                .allMatch(one -> one.contains("@_rules/default/3."));
    }

    @Test
    void aGroupThatAChangeOfShardsMakesNewBeginsBeforeTheChange() {
        RuleBook book = book(definitions(rule("a").setSinceMs(7)).toBuilder()
                .addBuses(bus().addLayouts(layout(0, 1)).addLayouts(layout(1, 2)))
                .build());

        book.sets()
                .forEach((source, set) ->
                        assertThat(set.sinceMillis()).isEqualTo(source.group().shards() == 1 ? 7 : CHANGED));
    }

    @Test
    void whoHasNotHeardOfAChangeOfShardsHoldsNoEventBackFromItsGroups() {
        int[] shards = {1, 3, 2, 3, 1, 1, 2};
        List<RuleBook> books = new ArrayList<>();
        BusDefinition.Builder bus = bus();
        for (int number = 0; number < shards.length; number++) {
            bus.addLayouts(layout(number, shards[number]));
            books.add(book(definitions(rule("a"), rule("b"), rule("c")).toBuilder()
                    .addBuses(bus.clone())
                    .build()));
        }
        RuleBook newest = books.get(shards.length - 1);

        for (int number = 0; number < shards.length; number++) {
            EventView view = view("orders/eu", number * CHANGED + 1);
            assertThat(judges(newest, "orders/eu", number * CHANGED + 1)).hasSize(3);
            newest.sets().forEach((source, set) -> {
                if (set.judges(view)) {
                    assertThat(books)
                            .filteredOn(book -> book.sets().containsKey(source))
                            .allMatch(book -> Objects.requireNonNull(book.sets().get(source))
                                    .judges(view));
                }
            });
        }
    }

    private static BusLayout layout(int number, int shards) {
        return BusLayout.newBuilder()
                .setNumber(number)
                .setShards(shards)
                .setSinceMs(number * CHANGED)
                .build();
    }

    /** {@code rule@group} for each rule that takes an order, in every group that reads the topic. */
    private static List<String> judges(RuleBook book, String topic, long stored) {
        List<String> taken = new ArrayList<>();
        book.sets().forEach((source, set) -> {
            EventView view = view(topic, stored);
            if (source.pattern().matches(view.topic()) && set.judges(view)) {
                set.taking(view)
                        .forEach(rule ->
                                taken.add(rule.name() + "@" + source.group().name()));
            }
        });
        return taken;
    }

    private static RuleSet set(RuleBook book, String pattern) {
        return book.sets().entrySet().stream()
                .filter(set -> set.getKey().pattern().equals(TopicPattern.of(pattern)))
                .findFirst()
                .orElseThrow()
                .getValue();
    }

    private static RuleBook book(Definitions definitions) {
        return RuleBook.of(definitions, new InstalledPlugins());
    }

    private static Definitions definitions(RuleDefinition.Builder... rules) {
        Definitions.Builder definitions = Definitions.newBuilder().setVersion(1);
        for (RuleDefinition.Builder rule : rules) {
            definitions.addRules(rule);
        }
        return definitions.build();
    }

    private static BusDefinition.Builder bus() {
        return BusDefinition.newBuilder().setNamespace("default").setName("default");
    }

    private static RuleDefinition.Builder rule(String name) {
        return RuleDefinition.newBuilder()
                .setNamespace("default")
                .setName(name)
                .setBus("default")
                .setRevision(1)
                .addPatterns("orders/>");
    }

    private static EventView view(String topic, long stored) {
        Event event = Event.builder().id("1").source("/shop").type("order").build();
        return new EventView(TopicName.of(topic), event, stored);
    }
}
