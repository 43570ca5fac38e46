package io.eventmesh.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.FilterClause;
import io.eventmesh.spi.function.FilterRefusal;
import io.eventmesh.spi.function.InvalidSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleTest {
    private static final int MAX_HOPS = 16;

    @Test
    void aRuleTakesWhatItsPatternsItsPatternAndItsFiltersTake() {
        Rule rule = compiled(definition()
                .setFilter("{\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}")
                .setFilters("[{\"prefix\":{\"type\":\"order.\"}}]"));

        assertThat(rule.takes(view("orders/eu", order(250)))).isTrue();
        assertThat(rule.takes(view("orders/eu", order(20)))).isFalse();
        assertThat(rule.takes(view("bills/eu", order(250)))).isFalse();
        assertThat(compiled(definition().setDisabled(true)).takes(view("orders/eu", order(250))))
                .isFalse();
    }

    @Test
    void aRuleWithPatternsJudgesOfThemWhatItsBusTakesToo() {
        Rule rule = Rule.compile(definition().build(), List.of("orders/eu", "audit/>"), new InstalledPlugins());

        assertThat(rule.takes(view("orders/eu", order(1)))).isTrue();
        assertThat(rule.takes(view("orders/us", order(1)))).isFalse();
        assertThat(rule.takes(view("audit/eu", order(1)))).isFalse();
    }

    @Test
    void aResultThatNothingChangedIsTheEventItself() {
        Event event = order(1);

        assertThat(compiled(definition()).apply(view("orders/eu", event), 0, MAX_HOPS))
                .isEqualTo(new Verdict.Taken(event, 0));
    }

    @Test
    void theSameRevisionGivesTheSameResultTheSameId() {
        RuleDefinition.Builder rule = definition().addTransforms(step("constant", "{\"value\":1}"));
        String first = resultId(rule.setRevision(1));

        assertThat(resultId(rule.setRevision(1))).isEqualTo(first).isNotEqualTo("1");
        assertThat(resultId(rule.setRevision(2))).isNotEqualTo(first);
    }

    @Test
    void aStepSaysWhatBecomesOfAnEventThatItCannotChange() {
        TransformDefinition.Builder failing = step("path", "{\"path\":\"$.data.absent\"}");
        EventView view = view("orders/eu", order(1));

        assertThat(compiled(definition().addTransforms(failing)).apply(view, 0, MAX_HOPS))
                .isInstanceOfSatisfying(Verdict.Failed.class, failed -> {
                    assertThat(failed.stage()).isEqualTo("transform");
                    assertThat(failed.why().reason()).contains("transforms[0]", "$.data.absent");
                });
        assertThat(compiled(definition().addTransforms(failing.setOnError(TransformDefinition.OnError.ON_ERROR_DROP)))
                        .apply(view, 0, MAX_HOPS))
                .isInstanceOf(Verdict.Dropped.class);
        assertThat(compiled(definition().addTransforms(failing.setOnError(TransformDefinition.OnError.ON_ERROR_SKIP)))
                        .apply(view, 0, MAX_HOPS))
                .isEqualTo(new Verdict.Taken(view.event(), 1));
    }

    @Test
    void whatPassedTooManyRulesFails() {
        Rule rule = compiled(definition());

        assertThat(rule.apply(view("orders/eu", order(1)), 15, MAX_HOPS)).isInstanceOf(Verdict.Taken.class);
        assertThat(rule.apply(view("orders/eu", order(1)), 16, MAX_HOPS))
                .isInstanceOfSatisfying(
                        Verdict.Failed.class,
                        failed -> assertThat(failed.reason()).isEqualTo("too-many-hops"));
    }

    @Test
    void anExplanationNamesTheClauseThatIsNotMet() {
        Rule rule = compiled(definition()
                .setFilter("{\"type\":[\"order.created\"],\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}"));

        Explanation explanation = rule.explain(view("orders/eu", order(20)), 0, MAX_HOPS);

        assertThat(explanation.outcome()).isEqualTo(Explanation.Outcome.NOT_TAKEN);
        assertThat(explanation.unmet()).hasSize(1);
        FilterClause clause = explanation.unmet().get(0);
        assertThat(clause.pointer()).startsWith("/filter/data/total");
        assertThat(clause.found()).isEqualTo("20");
        assertThat(explanation.reason()).contains("/filter/data/total", "20", "100");
        assertThat(explanation.result()).isEmpty();
    }

    @Test
    void anExplanationNamesTheTopicTheHopsAndWhetherItIsDisabled() {
        Rule rule = compiled(definition().setDisabled(true));

        Explanation explanation = rule.explain(view("bills", order(20)), 99, MAX_HOPS);

        assertThat(explanation.unmet())
                .extracting(FilterClause::pointer)
                .containsExactly("/enabled", "/patterns", "/hops");
    }

    @Test
    void anExplanationShowsWhatEachStepMadeOfTheEventAndTheResult() {
        Rule rule = compiled(definition()
                .addTransforms(step("constant", "{\"value\":{\"a\":1}}"))
                .addTransforms(step("path", "{\"path\":\"$.data.b\"}")));

        Explanation failing = rule.explain(view("orders/eu", order(20)), 0, MAX_HOPS);
        Explanation whole = compiled(definition().addTransforms(step("constant", "{\"value\":{\"a\":1}}")))
                .explain(view("orders/eu", order(20)), 0, MAX_HOPS);

        assertThat(failing.outcome()).isEqualTo(Explanation.Outcome.FAILED);
        assertThat(failing.steps()).hasSize(2);
        assertThat(failing.reason()).contains("transforms[1]");
        assertThat(whole.outcome()).isEqualTo(Explanation.Outcome.TAKEN);
        assertThat(whole.result().orElseThrow().data()).asString().isEqualTo("{\"a\":1}");
        assertThat(whole.targets()).containsExactly("out");
    }

    @Test
    void aRuleThatCannotWorkIsRefusedWithThePlace() {
        assertThatThrownBy(() -> compiled(definition().setFilter("{\"type\":\"x\"}")))
                .isInstanceOfSatisfying(
                        FilterRefusal.class,
                        refusal -> assertThat(refusal.pointer()).isEqualTo("/filter/type"));
        assertThatThrownBy(() -> compiled(definition()
                        .addTransforms(step("constant", "{\"value\":1}"))
                        .addTransforms(step("path", "{}"))))
                .isInstanceOfSatisfying(InvalidSpec.class, refusal -> {
                    assertThat(refusal.path()).startsWith("/transforms/1/spec");
                    assertThat(refusal.code()).isEqualTo(ErrorCode.RULE_INVALID);
                });
    }

    @Test
    void aHeaderNamesRuleTargetAndRevision() {
        TargetName name = new TargetName("eu-orders", "billing", 7);

        assertThat(name.toString()).isEqualTo("eu-orders/billing@7");
        assertThat(TargetName.parse("eu-orders/billing@7")).isEqualTo(name);
        assertThat(TargetName.parse("eu-orders/billing@7;3;0;0")).isEqualTo(name);
        assertThat(TargetName.path("eu-orders/billing@7")).isEqualTo("eu-orders/billing");
        assertThatThrownBy(() -> TargetName.parse("nothing")).hasMessageContaining("rule/target@revision");
    }

    private static String resultId(RuleDefinition.Builder rule) {
        Verdict verdict = compiled(rule).apply(view("orders/eu", order(1)), 0, MAX_HOPS);
        return ((Verdict.Taken) verdict).result().id();
    }

    private static Rule compiled(RuleDefinition.Builder rule) {
        return Rule.compile(rule.build(), List.of(), new InstalledPlugins());
    }

    private static RuleDefinition.Builder definition() {
        return RuleDefinition.newBuilder()
                .setNamespace("default")
                .setName("r")
                .setBus("default")
                .setRevision(1)
                .addPatterns("orders/>")
                .addTargets(TargetDefinition.newBuilder().setName("out").setKind("topic"));
    }

    private static TransformDefinition.Builder step(String kind, String spec) {
        return TransformDefinition.newBuilder().setKind(kind).setSpec(spec);
    }

    private static EventView view(String topic, Event event) {
        return new EventView(TopicName.of(topic), event, 0);
    }

    private static Event order(int total) {
        return Event.builder()
                .id("1")
                .source("/shop")
                .type("order.created")
                .dataContentType("application/json")
                .text("{\"total\":%d}".formatted(total))
                .build();
    }
}
