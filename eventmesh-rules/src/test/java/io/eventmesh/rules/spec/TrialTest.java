package io.eventmesh.rules.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.rules.spec.InvalidDocument.Field;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TrialTest {
    private final Given plugins = new Given();
    private final Trial trial =
            new Trial(plugins, event -> TextNode.valueOf(new String(event.data(), StandardCharsets.UTF_8)));

    private RuleDefinition rule(String more) {
        List<Field> problems = new ArrayList<>();
        RuleSpec spec = RuleSpec.read(Given.section(
                "{'patterns':['orders/new'],%s'targets':[{'name':'big','kind':'topic','spec':{'topic':'big'}}]}"
                        .formatted(more),
                problems));
        spec.check("default", "r", plugins, problems);
        assertThat(problems).isEmpty();
        return spec.definition("default", "r", 3, DeliverySpec.defaults(), Map.of());
    }

    private static EventView order(String topic, String data) {
        Event event = Event.builder()
                .id("1")
                .source("/shop")
                .type("order.created")
                .dataContentType("application/json")
                .text(data)
                .build();
        return new EventView(TopicName.of(topic), event, 0);
    }

    @Test
    void aRuleThatTakesItSaysWhatEachStepMadeOfIt() {
        RuleDefinition rule = rule(
                "'filter':{'data':{'total':[{'numeric':['>',100]}]}},"
                        + "'transform':{'kind':'template','spec':{'template':'{\\\"big\\\":<t>}','paths':{'t':'$.data.total'}}},");

        ObjectNode told = trial.test(rule, List.of(), order("orders/new", "{\"total\":250}"), 0, name -> "bearer");

        assertThat(told.path("outcome").asText()).isEqualTo("TAKEN");
        assertThat(told.path("revision").asLong()).isEqualTo(3);
        assertThat(told.at("/steps/0/kind").asText()).isEqualTo("template");
        assertThat(told.path("result").asText()).isEqualTo("{\"big\":250}");
        assertThat(told.at("/deliveries/0/target").asText()).isEqualTo("big");
        assertThat(told.at("/deliveries/0/method").asText()).isEqualTo("PUT");
        assertThat(told.at("/deliveries/0/headers/from").asText()).isEqualTo("r/big@3");
    }

    @Test
    void aRuleThatDoesNotTakeItSaysWhichClauseIsNotMet() {
        RuleDefinition rule = rule("'filter':{'type':['order.created'],'data':{'total':[{'numeric':['>',100]}]}},");

        ObjectNode told = trial.test(rule, List.of(), order("orders/new", "{\"total\":50}"), 0, name -> "");
        ObjectNode verdict = trial.verdict(rule, List.of(), order("orders/new", "{\"total\":50}"), 0);

        assertThat(told.path("outcome").asText()).isEqualTo("NOT_TAKEN");
        assertThat(told.path("clauses")).anyMatch(clause -> clause.path("met").asBoolean());
        assertThat(verdict.path("clauses")).singleElement().satisfies(clause -> {
            assertThat(clause.path("path").asText()).isEqualTo("/spec/filter/data/total");
            assertThat(clause.path("field").asText()).isEqualTo("data.total");
            assertThat(clause.path("found").asText()).isEqualTo("50");
        });
        assertThat(told.has("result")).isFalse();
    }

    @Test
    void anotherTopicIsAClauseToo() {
        JsonNode told = trial.verdict(rule(""), List.of(), order("bills", "{}"), 0);

        assertThat(told.at("/clauses/0/path").asText()).isEqualTo("/spec/patterns");
        assertThat(told.at("/clauses/0/found").asText()).isEqualTo("bills");
    }

    @Test
    void aStepThatFailsSaysWhy() {
        RuleDefinition rule = rule("'transforms':[{'kind':'jsonata','spec':{'expression':'$error(\\\"no\\\")'}}],");

        ObjectNode told = trial.test(rule, List.of(), order("orders/new", "{}"), 0, name -> "bearer");

        assertThat(told.path("outcome").asText()).isEqualTo("FAILED");
        assertThat(told.at("/steps/0/error").asText()).isNotEmpty();
    }

    @Test
    void aSampleNeedsNoMoreThanPeopleCareFor() {
        assertThat(Trial.sample(Given.json("{'type':'x','id':'7'}")))
                .isEqualTo(Given.json("{'specversion':'1.0','id':'7','source':'/sample','type':'x'}"));
    }
}
