package io.eventmesh.runtime.function;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** What the function role counts. */
final class RuleMeters {
    private final Counter judged;
    private final Counter results;
    private final Counter released;

    RuleMeters(MeterRegistry meters) {
        judged = Counter.builder("eventmesh_rule_judged_events")
                .description("Events judged by the rules of their bus")
                .register(meters);
        results = Counter.builder("eventmesh_rule_result_events")
                .description("Results and dead letters that rules published")
                .register(meters);
        released = Counter.builder("eventmesh_rule_released_events")
                .description("Events that could not be judged at this moment and will come again")
                .register(meters);
    }

    void judged(int resultCount) {
        judged.increment();
        results.increment(resultCount);
    }

    void released() {
        released.increment();
    }
}
