package io.eventmesh.testkit.function;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link TransformerProvider} promises; to be extended by the tests of each. */
public abstract class TransformerContractTest {
    private static final int THREADS = 4;
    private static final int CALLS = 10;

    /** A new provider. */
    protected abstract TransformerProvider provider();

    /**
     * A specification that changes an event whose data is {@code {"sku":"a1","qty":3}} and that has an attribute
     * {@code region}.
     */
    protected abstract String spec();

    /** Specifications that it refuses, each a JSON object. */
    protected abstract List<String> refused();

    private Transformer transformer() {
        return provider().compile(spec(), TransformTerms.of("contract"));
    }

    private static Event event() {
        return Event.builder()
                .id("e-1")
                .source("/contract")
                .type("order.created")
                .subject("orders/1")
                .attribute("region", "eu")
                .dataContentType("application/json")
                .text("{\"sku\":\"a1\",\"qty\":3}")
                .build();
    }

    private static EventView view(Event event) {
        return new EventView(TopicName.of("orders"), event, 1_700_000_000_000L);
    }

    @Test
    void rulesFindItByItsKind() {
        String kind = provider().name();

        assertThat(kind).matches("[a-z0-9-]{1,64}");
        assertThat(ServiceLoader.load(TransformerProvider.class))
                .filteredOn(found -> found.name().equals(kind))
                .singleElement()
                .hasSameClassAs(provider());
    }

    @Test
    void theResultIsAnotherFormOfTheSameEvent() {
        Event result = transformer().apply(view(event()));

        assertThat(result.parse()).isNotEqualTo(event().parse());
        assertThat(result.id()).isEqualTo("e-1");
        assertThat(result.specVersion()).isEqualTo(event().specVersion());
    }

    @Test
    void theEventThatItWasGivenStaysAsItWas() {
        Event event = event();

        transformer().apply(view(event));

        assertThat(event.parse()).isEqualTo(event().parse());
    }

    @Test
    void anEventJudgedTwiceGivesOneResult() {
        assertThat(transformer().apply(view(event())).parse())
                .isEqualTo(transformer().apply(view(event())).parse());
    }

    @Test
    void manyThreadsMayUseIt() throws Exception {
        Transformer transformer = transformer();
        Event expected = transformer.apply(view(event()));
        NamedThreads threads = new NamedThreads("caller");
        List<FutureTask<Boolean>> callers = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            FutureTask<Boolean> caller = new FutureTask<>(() -> IntStream.range(0, CALLS)
                    .allMatch(call -> transformer.apply(view(event())).parse().equals(expected.parse())));
            callers.add(caller);
            threads.newThread(caller).start();
        }
        for (FutureTask<Boolean> caller : callers) {
            assertThat(caller.get(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void whatCanBeSeenToBeWrongIsRefusedWithItsPlace() {
        List.of("nonsense", "[]", "5").forEach(this::assertRefused);
        refused().forEach(this::assertRefused);
    }

    private void assertRefused(String spec) {
        assertThatThrownBy(() -> provider().compile(spec, TransformTerms.of("contract")))
                .as(spec)
                .isInstanceOfSatisfying(InvalidSpec.class, invalid -> {
                    assertThat(invalid.code()).isEqualTo(ErrorCode.RULE_INVALID);
                    assertThat(invalid.path()).matches("|/.+");
                    assertThat(invalid.problem()).isNotBlank();
                });
    }
}
