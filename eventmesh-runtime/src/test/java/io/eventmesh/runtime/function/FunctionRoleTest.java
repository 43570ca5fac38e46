package io.eventmesh.runtime.function;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.rules.RuleBook;
import io.eventmesh.rules.RuleSet;
import io.eventmesh.rules.RuleSource;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMember;
import io.eventmesh.testkit.mesh.RecordingMesh;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FunctionRoleTest {
    private final RecordingMesh mesh = new RecordingMesh();
    private final ManualTime time = new ManualTime();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Queue<Runnable> blocking = new ArrayDeque<>();
    private final Stubborn stubborn = new Stubborn();
    private @Nullable RuleMember judge;

    private final Plugins plugins = new Plugins() {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            return ServiceLoader.load(kind).stream()
                    .map(ServiceLoader.Provider::get)
                    .toList();
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            if (kind == TransformerProvider.class && name.equals("stubborn")) {
                return kind.cast(stubborn);
            }
            return all(kind).stream()
                    .filter(plugin -> plugin.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, kind + " " + name));
        }
    };

    @Test
    void aMatchingEventGoesTransformedToTheOutboxAndIsAckedWhenStored() {
        RecordingMember member = joined(rule("big", "{\"data\":{\"total\":[{\"numeric\":[\">\",100]}]}}")
                .addTransforms(TransformDefinition.newBuilder()
                        .setKind("template")
                        .setSpec("{\"paths\":{\"t\":\"$.data.total\"},\"template\":\"{\\\"big\\\":<t>}\"}")));

        member.offer("orders/eu", order("1", 250));
        member.offer("orders/eu", order("2", 20));

        assertThat(mesh.published()).hasSize(1);
        Outgoing result = published(0);
        assertThat(result.topic().value()).isEqualTo("_t/default/default");
        assertThat(result.target()).isEqualTo("big/out@1");
        assertThat(result.hops()).isEqualTo(1);
        assertThat(text(result.event())).isEqualTo("{\"big\":250}");
        assertThat(result.event().id()).isNotEqualTo("1");
        assertThat(member.acked()).containsExactly(0L, 1L);
    }

    @Test
    void anEventIsNotAckedBeforeItsResultsAreStored() {
        RecordingMember member = joined(rule("all", ""));
        mesh.hold();

        member.offer("orders/eu", order("1", 1));

        assertThat(member.acked()).isEmpty();
        mesh.release();
        assertThat(member.acked()).containsExactly(0L);
    }

    @Test
    void aResultThatTheOutboxRefusesForAWhileIsPublishedAgainAndNoOther() {
        RecordingMember member = joined(rule("all", ""));
        mesh.refuseWith(ErrorCode.STORAGE_FULL);
        member.offer("orders/eu", order("1", 1));
        assertThat(member.acked()).isEmpty();

        mesh.refuseWith(null);
        time.advance(Duration.ofSeconds(1));

        assertThat(mesh.published()).hasSize(1);
        assertThat(member.acked()).containsExactly(0L);
    }

    @Test
    void anEventThatNoOutboxTakesForLongGoesBackToItsGroup() {
        RecordingMember member = joined(rule("all", ""));
        mesh.refuseWith(ErrorCode.STORAGE_FULL);

        // as many as their credit comes back for at a time
        for (int i = 0; i < 64; i++) {
            member.offer("orders/eu", order("1", i));
        }
        time.advance(Duration.ofSeconds(25));

        assertThat(member.acked()).isEmpty();
        assertThat(member.released()).hasSize(64);
        assertThat(member.eventCredit()).isEqualTo(FunctionConfig.defaults().maxInFlight());
    }

    @Test
    void theRuntimeComesBackWhenTheMeshEndsTheMembership() {
        RecordingMember member = joined(rule("all", ""));

        member.end(new EventMeshException(ErrorCode.SHUTTING_DOWN, "bye"));
        time.advance(Duration.ofSeconds(2));

        assertThat(mesh.members()).hasSize(2);
        assertThat(mesh.members().get(1).offer("orders/eu", order("1", 1))).isTrue();
        assertThat(mesh.published()).hasSize(1);
    }

    @Test
    void whatAFormerMembershipDeliveredIsNotAckedInTheNameOfTheNext() {
        RecordingMember former = joined(rule("all", ""));
        mesh.hold();
        former.offer("orders/eu", order("1", 1));
        former.end(new EventMeshException(ErrorCode.SHUTTING_DOWN, "bye"));
        time.advance(Duration.ofSeconds(2));
        RecordingMember next = mesh.members().get(1);
        next.offer("orders/eu", order("2", 1));

        mesh.release();

        assertThat(former.acked()).containsExactly(0L);
        assertThat(next.acked()).containsExactly(0L);
    }

    @Test
    void aTransformThatCannotBeAppliedGoesToTheTargetsDeadLetter() {
        RecordingMember member = joined(rule("r", "")
                .addTransforms(
                        TransformDefinition.newBuilder().setKind("path").setSpec("{\"path\":\"$.data.absent\"}")));

        member.offer("orders/eu", order("1", 1));

        Outgoing letter = published(0);
        assertThat(letter.topic().value()).isEqualTo("_dl/default/rule/r/out");
        assertThat(letter.target()).isEqualTo("r/out@1");
        assertThat(letter.event().id()).isEqualTo("1");
        assertThat(letter.event().attribute("dlstage")).isEqualTo("transform");
        assertThat(letter.event().attribute("dlreason")).isEqualTo("transform-failed");
        assertThat(letter.event().attribute("dlcode")).isEqualTo("RULE_INVALID");
        assertThat(letter.event().attribute("dltopic")).isEqualTo("orders/eu");
        assertThat(letter.event().attribute("dlmsg")).contains("$.data.absent");
        assertThat(letter.event().attribute("dlowner")).isEqualTo("r/out");
        assertThat(letter.event().attribute("dlepoch")).isEqualTo("1");
        assertThat(member.acked()).containsExactly(0L);
    }

    @Test
    void aTargetsOwnDeadLetterTopicGetsWhatTheRuleCannotChange() {
        RuleDefinition.Builder rule = rule("r", "")
                .addTransforms(
                        TransformDefinition.newBuilder().setKind("path").setSpec("{\"path\":\"$.data.absent\"}"));
        rule.getTargetsBuilder(0).getDeliveryBuilder().setDeadLetterTopic("orders/failed");
        RecordingMember member = joined(rule);

        member.offer("orders/eu", order("1", 1));

        assertThat(published(0).topic().value()).isEqualTo("orders/failed");
    }

    @Test
    void anEventThatRunsInACircleEndsInTheDeadLetter() {
        RecordingMember member = joined(rule("r", ""));

        offer(member, "orders", order("1", 1), 15, null);
        offer(member, "orders", order("2", 1), 16, null);

        assertThat(published(0).hops()).isEqualTo(16);
        assertThat(published(0).topic().value()).startsWith("_t/");
        assertThat(published(1).topic().value()).startsWith("_dl/");
        assertThat(published(1).event().attribute("dlreason")).isEqualTo("too-many-hops");
    }

    @Test
    void anEventIsJudgedByTheRevisionThatWasCurrentWhenItWasDelivered() {
        RuleDefinition.Builder slow =
                rule("r", "").addTransforms(TransformDefinition.newBuilder().setKind("stubborn"));
        RecordingMember member = joined(slow);
        member.offer("orders/eu", order("1", 1));

        use(slow.setRevision(2));
        member.offer("orders/eu", order("2", 1));
        runBlocking();

        assertThat(published(0).target()).isEqualTo("r/out@1");
        assertThat(published(1).target()).isEqualTo("r/out@2");
    }

    @Test
    void aRuleThatHasToWaitHoldsNoOthersResult() {
        stubborn.refusals = 2;
        RecordingMember member = joined(
                rule("quick", ""),
                rule("slow", "").addTransforms(TransformDefinition.newBuilder().setKind("stubborn")));

        member.offer("orders/eu", order("1", 1));
        runBlocking();
        assertThat(mesh.published()).hasSize(1);
        assertThat(published(0).target()).isEqualTo("quick/out@1");
        assertThat(member.acked()).isEmpty();
        for (int i = 0; i < 2; i++) {
            time.advance(Duration.ofSeconds(1));
            runBlocking();
        }

        assertThat(mesh.published()).hasSize(2);
        assertThat(published(1).target()).isEqualTo("slow/out@1");
        assertThat(member.acked()).containsExactly(0L);
    }

    @Test
    void aRuleThatNeverGetsItsTurnIsGivenUpWithItsCause() {
        stubborn.refusals = Integer.MAX_VALUE;
        RecordingMember member = joined(
                rule("slow", "").addTransforms(TransformDefinition.newBuilder().setKind("stubborn")));

        member.offer("orders/eu", order("1", 1));
        for (int i = 0; i < 40; i++) {
            runBlocking();
            time.advance(Duration.ofSeconds(1));
        }

        assertThat(mesh.published()).hasSize(1);
        assertThat(published(0).topic().value()).startsWith("_dl/");
        assertThat(published(0).event().attribute("dlexhausted")).isEqualTo("attempts");
        assertThat(member.acked()).containsExactly(0L);
    }

    @Test
    void onlyAFewSlowTransformsRunAtOnceAndTheRestWaitsForThem() {
        RecordingMember member = joined(
                rule("slow", "").addTransforms(TransformDefinition.newBuilder().setKind("stubborn")));

        for (int i = 0; i < 10; i++) {
            member.offer("orders/eu", order("id" + i, 1));
        }

        assertThat(blocking).hasSize(FunctionConfig.defaults().slowAtOnce());
        runBlocking();
        assertThat(member.acked()).hasSize(10);
    }

    @Test
    void aRedrivenDeadLetterIsJudgedByItsOwnRuleForItsOwnTarget() {
        RecordingMember member =
                joined(rule("one", "").addTargets(TargetDefinition.newBuilder().setName("more")), rule("two", ""));

        offer(member, "orders", order("1", 1), 0, "one/more@1");

        assertThat(mesh.published()).hasSize(1);
        assertThat(published(0).target()).isEqualTo("one/more@1");
    }

    @Test
    void aMemberThatDrainsFinishesWhatItBeganAndBeginsNothing() {
        RecordingMember member = joined(rule("all", ""));
        mesh.hold();
        member.offer("orders/eu", order("1", 1));

        var drained = requireNonNull(judge).drain().toCompletableFuture();
        member.offer("orders/eu", order("2", 1));
        assertThat(drained).isNotDone();
        mesh.release();

        assertThat(drained).isDone();
        assertThat(member.acked()).containsExactly(0L);
        assertThat(mesh.published()).hasSize(1);
    }

    @Test
    void eachRuleCountsWhatItTookFilteredAndFailed() {
        RecordingMember member = joined(
                rule("eu", "{\"type\":[\"order.created\"]}"),
                rule("none", "{\"type\":[\"other\"]}"),
                rule("bad", "")
                        .addTransforms(TransformDefinition.newBuilder()
                                .setKind("path")
                                .setSpec("{\"path\":\"$.data.absent\"}")));

        member.offer("orders/eu", order("1", 1));
        member.offer("orders/eu", order("2", 1));

        assertThat(counted("eu", "taken")).isEqualTo(2);
        assertThat(counted("eu", "filtered")).isZero();
        assertThat(counted("none", "filtered")).isEqualTo(2);
        assertThat(counted("bad", "failed")).isEqualTo(2);
    }

    private double counted(String rule, String outcome) {
        return registry.get("eventmesh_rule_events")
                .tag("rule", rule)
                .tag("outcome", outcome)
                .functionCounter()
                .count();
    }

    private void runBlocking() {
        for (Runnable next = blocking.poll(); next != null; next = blocking.poll()) {
            next.run();
        }
    }

    private RecordingMember joined(RuleDefinition.Builder... rules) {
        RuleSource source = book(rules).sets().keySet().iterator().next();
        judge = new RuleMember(
                source,
                only(rules),
                new RuleMember.Surroundings(
                        mesh,
                        CallContext.of(Principal.runtime("r1"), "function"),
                        FunctionConfig.defaults(),
                        time,
                        time,
                        blocking::add,
                        new RuleMeters(registry)));
        judge.join();
        assertThat(mesh.members()).hasSize(1);
        assertThat(mesh.members().get(0).terms().group()).isEqualTo("_rules/default");
        return mesh.members().get(0);
    }

    private void use(RuleDefinition.Builder... rules) {
        requireNonNull(judge).use(only(rules));
    }

    private static void offer(
            RecordingMember member, String topic, Event event, int hops, @Nullable String redrivenFor) {
        TopicName name = TopicName.of(topic);
        StreamName stream = redrivenFor == null
                ? StreamName.of("default", name)
                : new StreamName("default", "_rd/default/rule/one/more");
        EventRecord record = new EventRecord(name, null, 0, hops, redrivenFor, null, null, 0, event);
        member.offer(new StreamPartition(stream, 0), record, 1);
    }

    private Outgoing published(int index) {
        return mesh.published().get(index).outgoing();
    }

    private RuleSet only(RuleDefinition.Builder... rules) {
        return book(rules).sets().values().iterator().next();
    }

    private RuleBook book(RuleDefinition.Builder... rules) {
        Definitions.Builder definitions = Definitions.newBuilder();
        for (RuleDefinition.Builder rule : rules) {
            definitions.addRules(rule);
        }
        return RuleBook.of(definitions.build(), plugins);
    }

    private static RuleDefinition.Builder rule(String name, String filter) {
        return RuleDefinition.newBuilder()
                .setNamespace("default")
                .setName(name)
                .setBus("default")
                .setRevision(1)
                .setFilter(filter)
                .addPatterns("orders/#")
                .addTargets(TargetDefinition.newBuilder().setName("out").setKind("topic"));
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

    /** A slow transform that has no room for the first events. */
    private static final class Stubborn implements TransformerProvider {
        private int refusals;

        @Override
        public String name() {
            return "stubborn";
        }

        @Override
        public Transformer compile(String spec, TransformTerms terms) {
            return new Transformer() {
                @Override
                public Event apply(EventView event) {
                    if (refusals > 0) {
                        refusals--;
                        throw new EventMeshException(ErrorCode.OVERLOADED, "no room");
                    }
                    return event.event();
                }

                @Override
                public boolean isQuick() {
                    return false;
                }
            };
        }
    }
}
