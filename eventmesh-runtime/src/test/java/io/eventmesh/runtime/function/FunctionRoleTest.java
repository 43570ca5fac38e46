package io.eventmesh.runtime.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;

class FunctionRoleTest {
    private static final Plugins PLUGINS = new Plugins() {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return ServiceLoader.load(kind).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return all(kind).stream()
                    .filter(plugin -> plugin.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, kind + " " + name));
        }
    };

    private final RecordingMesh mesh = new RecordingMesh();
    private final ManualTime time = new ManualTime();

    @Test
    void aMatchingEventGoesTransformedToTheOutboxAndIsAckedWhenStored() {
        RecordingMember member = joined(rule("big", "{\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}", "orders/>")
                .setTransform(TransformDefinition.newBuilder()
                        .setKind("template")
                        .setSpec("{\"paths\":{\"t\":\"$.data.total\"},\"template\":\"{\\\"big\\\":<t>}\"}"))
                .build());

        member.offer("orders/eu", order("1", 250));
        member.offer("orders/eu", order("2", 20));

        assertThat(mesh.published()).hasSize(1);
        Outgoing result = mesh.published().get(0).outgoing();
        assertThat(result.topic().value()).isEqualTo("_t/default/default");
        assertThat(result.target()).isEqualTo("big/out");
        assertThat(result.hops()).isEqualTo(1);
        assertThat(text(result.event())).isEqualTo("{\"big\":250}");
        assertThat(result.event().id()).isNotEqualTo("1");
        assertThat(member.acked()).containsExactly(0L, 1L);
    }

    @Test
    void anEventIsNotAckedBeforeItsResultsAreStored() {
        RecordingMember member = joined(rule("all", "", "orders/>").build());
        mesh.hold();

        member.offer("orders/eu", order("1", 1));

        assertThat(member.acked()).isEmpty();
        mesh.release();
        assertThat(member.acked()).containsExactly(0L);
    }

    @Test
    void aRefusedOutboxReleasesTheEvent() {
        RecordingMember member = joined(rule("all", "", "orders/>").build());
        mesh.refuseWith(ErrorCode.STORAGE_FULL);

        member.offer("orders/eu", order("1", 1));

        assertThat(member.acked()).isEmpty();
        assertThat(member.released()).containsOnlyKeys(0L);
    }

    @Test
    void theRuntimeComesBackWhenTheMeshEndsTheMembership() {
        RecordingMember member = joined(rule("all", "", "orders/>").build());

        member.end(new EventMeshException(ErrorCode.SHUTTING_DOWN, "bye"));
        time.advance(Duration.ofSeconds(2));

        assertThat(mesh.members()).hasSize(2);
        assertThat(mesh.members().get(1).offer("orders/eu", order("1", 1))).isTrue();
        assertThat(mesh.published()).hasSize(1);
    }

    @Test
    void anEventOfSeveralPatternsOfARuleIsJudgedOnce() {
        RuleDefinition rule = rule("all", "", "orders/>", "orders/eu").build();
        RuleBook book = book(rule);

        long results = book.sets().values().stream()
                .mapToLong(set ->
                        set.judge(view("orders/eu", order("1", 1)), 0, 16, 0).size())
                .sum();

        assertThat(book.sets()).hasSize(2);
        assertThat(results).isEqualTo(1);
    }

    @Test
    void aTransformThatCannotBeAppliedGoesToTheTargetsDeadLetter() {
        RuleSet set = only(rule("r", "", "orders")
                .setTransform(TransformDefinition.newBuilder().setKind("path").setSpec("{\"path\":\"$.data.absent\"}"))
                .build());

        List<Outgoing> results = set.judge(view("orders", order("1", 1)), 0, 16, 42);

        assertThat(results).hasSize(1);
        assertThat(results.get(0).topic().value()).isEqualTo("_dl/default/rule/r/out");
        assertThat(results.get(0).target()).isNull();
        Event letter = results.get(0).event();
        assertThat(letter.id()).isEqualTo("1");
        assertThat(letter.attribute("dlstage")).isEqualTo("transform");
        assertThat(letter.attribute("dlreason")).isEqualTo("RULE_INVALID");
        assertThat(letter.attribute("dltopic")).isEqualTo("orders");
        assertThat(letter.attribute("dlmsg")).contains("$.data.absent");
    }

    @Test
    void anEventThatRunsInACircleEndsInTheDeadLetter() {
        RuleSet set = only(rule("r", "", "orders").build());

        assertThat(set.judge(view("orders", order("1", 1)), 15, 16, 0).get(0).hops())
                .isEqualTo(16);
        assertThat(set.judge(view("orders", order("1", 1)), 16, 16, 0)
                        .get(0)
                        .topic()
                        .value())
                .startsWith("_dl/");
    }

    @Test
    void theSameRevisionGivesTheSameResultTheSameId() {
        RuleDefinition.Builder rule = rule("r", "", "orders")
                .setTransform(
                        TransformDefinition.newBuilder().setKind("constant").setSpec("{\"value\":1}"));
        String first = resultId(rule.setRevision(1).build());

        assertThat(resultId(rule.setRevision(1).build())).isEqualTo(first);
        assertThat(resultId(rule.setRevision(2).build())).isNotEqualTo(first);
    }

    @Test
    void aRuleThatThisRuntimeCannotApplyIsNamedAndTheOthersGoOn() {
        RuleBook book = book(
                rule("good", "", "orders").build(),
                rule("bad", "", "orders")
                        .setTransform(TransformDefinition.newBuilder().setKind("wasm"))
                        .build());

        assertThat(book.problems()).containsOnlyKeys("default:bad");
        assertThat(book.sets()).hasSize(1);
    }

    @Test
    void aRuleWithoutPatternsJudgesThoseOfItsBus() {
        Definitions definitions = Definitions.newBuilder()
                .addBuses(BusDefinition.newBuilder()
                        .setNamespace("default")
                        .setName("default")
                        .addPatterns("audit/>"))
                .addRules(rule("r", ""))
                .build();

        assertThat(RuleBook.of(definitions, PLUGINS).sets().keySet())
                .containsExactly(new BusPattern("default", "default", TopicPattern.of("audit/>")));
    }

    private RecordingMember joined(RuleDefinition rule) {
        RuleBook book = book(rule);
        BusPattern pattern = book.sets().keySet().iterator().next();
        RuleMember member = new RuleMember(
                pattern,
                only(rule),
                new RuleMember.Surroundings(
                        mesh,
                        CallContext.of(Principal.runtime("r1"), "function"),
                        FunctionConfig.defaults(),
                        time,
                        time,
                        Runnable::run,
                        new RuleMeters(new SimpleMeterRegistry())));
        member.join();
        assertThat(mesh.members()).hasSize(1);
        assertThat(mesh.members().get(0).terms().group()).isEqualTo("_rules/default");
        return mesh.members().get(0);
    }

    private static String resultId(RuleDefinition rule) {
        return only(rule)
                .judge(view("orders", order("1", 1)), 0, 16, 0)
                .get(0)
                .event()
                .id();
    }

    private static RuleSet only(RuleDefinition rule) {
        return book(rule).sets().values().iterator().next();
    }

    private static RuleBook book(RuleDefinition... rules) {
        return RuleBook.of(Definitions.newBuilder().addAllRules(List.of(rules)).build(), PLUGINS);
    }

    private static RuleDefinition.Builder rule(String name, String filter, String... patterns) {
        return RuleDefinition.newBuilder()
                .setNamespace("default")
                .setName(name)
                .setBus("default")
                .setRevision(1)
                .setFilter(filter)
                .addAllPatterns(List.of(patterns))
                .addTargets(TargetDefinition.newBuilder().setName("out").setKind("topic"));
    }

    private static EventView view(String topic, Event event) {
        return new EventView(TopicName.of(topic), event, 0);
    }

    private static Event order(String id, int total) {
        return Event.builder()
                .id(id)
                .source("/shop")
                .type("order.created")
                .dataContentType("application/json")
                .text("{\"total\":%d}".formatted(total))
                .build();
    }

    private static String text(Event event) {
        return new String(event.data(), StandardCharsets.UTF_8);
    }
}
