package io.eventmesh.rules.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.proto.v1.TransformDefinition.OnError;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import io.eventmesh.spi.plugin.Plugin;
import io.eventmesh.spi.plugin.Plugins;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChainTest {
    private final Scripted scripted = new Scripted();

    /** A kind {@code scripted} beside the ones on the class path. Its transformers fail as they are told. */
    private static final class Scripted implements TransformerProvider {
        private final List<TransformTerms> terms = new ArrayList<>();
        private final List<Integer> attempts = new ArrayList<>();
        private @Nullable RuntimeException failure;
        private @Nullable String disabled;

        @Override
        public String name() {
            return "scripted";
        }

        @Override
        public Transformer compile(String spec, TransformTerms terms) {
            this.terms.add(terms);
            return new Transformer() {
                @Override
                public Event apply(EventView view) {
                    attempts.add(view.attempt());
                    if (failure != null) {
                        throw failure;
                    }
                    return view.event().toBuilder().id("other").text("scripted").build();
                }

                @Override
                public boolean isQuick() {
                    return false;
                }

                @Override
                public Optional<String> disabled() {
                    return Optional.ofNullable(Scripted.this.disabled);
                }
            };
        }
    }

    private final class TestPlugins implements Plugins {
        @Override
        public <P extends Plugin> List<P> all(Class<P> kind) {
            List<P> all = new ArrayList<>();
            ServiceLoader.load(kind).forEach(all::add);
            all.add(kind.cast(scripted));
            return all;
        }

        @Override
        public <P extends Plugin> P named(Class<P> kind, String name) {
            return all(kind).stream()
                    .filter(plugin -> plugin.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new EventMeshException(ErrorCode.PLUGIN_UNKNOWN, "kind '%s'".formatted(name)));
        }
    }

    private static TransformDefinition step(String kind, String spec, OnError onError) {
        return TransformDefinition.newBuilder()
                .setKind(kind)
                .setSpec(spec)
                .setOnError(onError)
                .build();
    }

    private static TransformDefinition step(String kind, String spec) {
        return step(kind, spec, OnError.ON_ERROR_UNSPECIFIED);
    }

    private Chain chain(TransformDefinition... steps) {
        return Chain.of(List.of(steps), "r1", new TestPlugins());
    }

    private static EventView event(String data) {
        Event event = Event.builder()
                .id("1")
                .source("/shop")
                .type("order")
                .dataContentType("application/json")
                .text(data)
                .build();
        return new EventView(TopicName.of("orders"), event, 1_000, 3);
    }

    private static String data(Event event) {
        return new String(event.data(), StandardCharsets.UTF_8);
    }

    @Test
    void eachStepSeesWhatTheOneBeforeMade() {
        Chain chain = chain(
                step("template", "{\"template\":\"{\\\"a\\\":<$.data.total>,\\\"rule\\\":<mesh.rule-name>}\"}"),
                step("attributes", "{\"set\":{\"type\":\"<$.data.rule>\",\"a\":\"<$.data.a>\"}}"),
                step("path", "{\"path\":\"$.data.a\"}"),
                step("jsonata", "{\"expression\":\"data + 1\"}"));

        Passage passage = chain.pass(event("{\"total\":9}"));

        assertThat(passage).isInstanceOfSatisfying(Passage.Passed.class, passed -> {
            assertThat(data(passed.event())).isEqualTo("10");
            assertThat(passed.event().type()).isEqualTo("r1");
            assertThat(passed.event().typedAttribute("a")).isEqualTo(9);
            assertThat(passed.event().id()).isEqualTo("1");
            assertThat(passed.skips()).isEmpty();
        });
    }

    @Test
    void anEmptyChainGivesTheEventItself() {
        EventView view = event("1");

        assertThat(chain().pass(view))
                .isInstanceOfSatisfying(
                        Passage.Passed.class,
                        passed -> assertThat(passed.event()).isSameAs(view.event()));
        assertThat(chain().isEmpty()).isTrue();
        assertThat(chain().isQuick()).isTrue();
    }

    @Test
    void anEventKeepsItsIdWhateverAStepGivesIt() {
        assertThat(chain(step("scripted", "{}")).pass(event("1")))
                .isInstanceOfSatisfying(
                        Passage.Passed.class,
                        passed -> assertThat(passed.event().id()).isEqualTo("1"));
        assertThat(scripted.attempts).containsExactly(3);
    }

    @ParameterizedTest
    @EnumSource(
            value = OnError.class,
            names = {"ON_ERROR_UNSPECIFIED", "ON_ERROR_DEAD_LETTER"})
    void aFailureIsForTheDeadLetterUnlessTheStepSaysOtherwise(OnError onError) {
        Chain chain = chain(step("constant", "{\"value\":1}"), step("path", "{\"path\":\"$.data.a\"}", onError));

        assertThat(chain.pass(event("1"))).isInstanceOfSatisfying(Passage.Failed.class, failed -> {
            assertThat(failed.step()).isEqualTo(1);
            assertThat(failed.why().code()).isEqualTo(ErrorCode.RULE_INVALID);
            assertThat(failed.why().reason()).isEqualTo("transforms[1] path: $.data.a finds nothing in the event");
        });
    }

    @Test
    void aStepMaySkipWhatItCannotChange() {
        Chain chain = chain(
                step("path", "{\"path\":\"$.data.a\"}", OnError.ON_ERROR_SKIP),
                step("template", "{\"template\":\"{\\\"all\\\":<mesh.event.data>}\"}"));

        assertThat(chain.pass(event("{\"b\":1}"))).isInstanceOfSatisfying(Passage.Passed.class, passed -> {
            assertThat(data(passed.event())).isEqualTo("{\"all\":{\"b\":1}}");
            assertThat(passed.skips())
                    .singleElement()
                    .satisfies(skip -> assertThat(skip.step()).isZero());
        });
    }

    @Test
    void aStepMayDropWhatItCannotChange() {
        Chain chain = chain(step("path", "{\"path\":\"$.data.a\"}", OnError.ON_ERROR_DROP), step("scripted", "{}"));

        assertThat(chain.pass(event("1")))
                .isInstanceOfSatisfying(
                        Passage.Dropped.class,
                        dropped -> assertThat(dropped.step()).isZero());
        assertThat(scripted.attempts).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(
            value = OnError.class,
            names = {"ON_ERROR_SKIP", "ON_ERROR_DROP", "ON_ERROR_DEAD_LETTER"})
    void whatMayPassLaterIsNotGivenUpWhateverTheStepSays(OnError onError) {
        scripted.failure = new EventMeshException(ErrorCode.OVERLOADED, "full");

        assertThat(chain(step("scripted", "{}", onError)).pass(event("1")))
                .isInstanceOfSatisfying(
                        Passage.Unready.class,
                        unready -> assertThat(unready.why().code()).isEqualTo(ErrorCode.OVERLOADED));
    }

    @Test
    void aDefectOfATransformerIsTheEventsFailure() {
        scripted.failure = new IllegalStateException("x".repeat(5000));

        assertThat(chain(step("scripted", "{}")).pass(event("1")))
                .isInstanceOfSatisfying(Passage.Failed.class, failed -> {
                    assertThat(failed.why().code()).isEqualTo(ErrorCode.RULE_INVALID);
                    assertThat(failed.why().reason()).startsWith("transforms[0] scripted: java.lang.IllegalState");
                    assertThat(failed.why().reason()).hasSizeLessThan(1100);
                });
    }

    @Test
    void timeThatIsUsedUpIsAFailureForGood() {
        Chain chain = chain(TransformDefinition.newBuilder()
                .setKind("jsonata")
                .setSpec("{\"expression\":\"($f := function($n) { $f($n + 1) }; $f(0))\"}")
                .setTimeoutMs(20)
                .build());

        assertThat(chain.pass(event("1"))).isInstanceOfSatisfying(Passage.Failed.class, failed -> {
            assertThat(failed.why().code()).isEqualTo(ErrorCode.DEADLINE_EXCEEDED);
            assertThat(failed.why().reason()).isEqualTo("transforms[0] jsonata: did not end within 20 ms");
        });
    }

    @Test
    void aStepIsToldItsRuleAndItsTime() {
        chain(TransformDefinition.newBuilder()
                .setKind("scripted")
                .setTimeoutMs(70)
                .build());

        assertThat(scripted.terms).containsExactly(new TransformTerms("r1", Duration.ofMillis(70)));
    }

    @Test
    void everythingWrongIsToldWithItsPlace() {
        List<TransformDefinition> steps = List.of(
                step("template", "{\"template\":\"{\\\"a\\\":<unknown>}\"}"),
                step("constant", "{\"value\":1}"),
                step("none", "{}"),
                step("jsonata", "{\"expression\":\"{{\"}"),
                TransformDefinition.newBuilder()
                        .setKind("constant")
                        .setSpec("{\"value\":1}")
                        .setTimeoutMs(10_001)
                        .build(),
                TransformDefinition.newBuilder()
                        .setKind("constant")
                        .setSpec("{\"value\":1}")
                        .setOnErrorValue(9)
                        .build(),
                step("path", "[]"));

        assertThat(Chain.problems(steps, "r1", new TestPlugins()))
                .extracting(InvalidSpec::path)
                .containsExactly(
                        "/0/spec/template", "/2/kind", "/3/spec/expression", "/4/timeout", "/5/onError", "/6/spec");
        assertThatThrownBy(() -> Chain.of(steps, "r1", new TestPlugins()))
                .isInstanceOf(InvalidSpec.class)
                .hasMessageStartingWith("/0/spec/template: <unknown>");
        List<TransformDefinition> many = new ArrayList<>();
        for (int i = 0; i <= Chain.MAX_STEPS; i++) {
            many.add(step("constant", "{\"value\":1}"));
        }
        assertThat(Chain.problems(many, "r1", new TestPlugins()))
                .singleElement()
                .satisfies(problem -> assertThat(problem.problem()).contains("21 steps (expected: at most 20)"));
    }

    @Test
    void aTraceTellsWhatEachStepMadeUpToTheFailureThatEndsIt() {
        Chain chain = chain(
                step("constant", "{\"value\":{\"b\":2}}"),
                step("path", "{\"path\":\"$.data.a\"}", OnError.ON_ERROR_SKIP),
                step("path", "{\"path\":\"$.data.b\"}"),
                step("path", "{\"path\":\"$.data.c\"}"),
                step("constant", "{\"value\":1}"));

        List<Chain.Trace> traces = chain.trace(event("1"));

        assertThat(traces).extracting(Chain.Trace::kind).containsExactly("constant", "path", "path", "path");
        assertThat(traces.get(1).failure()).isNotNull();
        assertThat(traces.get(2).result())
                .isNotNull()
                .satisfies(event -> assertThat(data(event)).isEqualTo("2"));
        assertThat(traces.get(3).failure()).isNotNull();
    }

    @Test
    void aStepThatIsDisabledIsNamed() {
        Chain chain = chain(step("constant", "{\"value\":1}"), step("scripted", "{}"));

        assertThat(chain.disabled()).isEmpty();
        assertThat(chain.isQuick()).isFalse();
        scripted.disabled = "it burns";
        assertThat(chain.disabled()).contains("transforms[1] scripted: it burns");
    }
}
