package io.eventmesh.benchmarks.rules;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.RuleFilter;
import io.eventmesh.spi.function.RuleFilterProvider;
import io.eventmesh.spi.function.RuleIndex;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** One event judged by all rules of a bus, apart from reading its JSON, which is measured beside it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RuleIndexBenchmark {
    private static final int EVENTS = 512;

    @Param({"100", "1000", "10000"})
    public int rules;

    private final RuleFilterProvider filters = RuleMix.filters();
    private final Event[] events = new Event[EVENTS];
    private final EventView[] read = new EventView[EVENTS];
    private List<String> patterns = List.of();
    private Map<Integer, RuleFilter> compiled = Map.of();
    private RuleIndex<Integer> index = filters.index(Map.of());
    private int next;

    @Setup
    public void rules() {
        patterns = RuleMix.patterns(rules);
        compiled = RuleMix.compiled(filters, patterns);
        index = filters.index(compiled);
        int types = Math.max(1, rules / 10);
        for (int i = 0; i < EVENTS; i++) {
            events[i] = RuleMix.event((i * 31) % types);
            read[i] = RuleMix.view(events[i]);
            JsonEvent.of(read[i]).data();
            int matches = index.matches(read[i]).size();
            if (matches != 9 && matches != 10) {
                throw new IllegalStateException("matches: " + matches);
            }
        }
    }

    private int next() {
        next = (next + 1) & (EVENTS - 1);
        return next;
    }

    @Benchmark
    public List<Integer> matchWhenRead() {
        return index.matches(read[next()]);
    }

    @Benchmark
    public @Nullable JsonNode readAlone() {
        return JsonEvent.of(RuleMix.view(events[next()])).data();
    }

    @Benchmark
    public List<Integer> readAndMatch() {
        return index.matches(RuleMix.view(events[next()]));
    }

    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    @Warmup(iterations = 3)
    @Measurement(iterations = 5)
    public RuleIndex<Integer> indexOfCompiled() {
        return filters.index(compiled);
    }

    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    @Warmup(iterations = 0)
    @Measurement(iterations = 3)
    public RuleIndex<Integer> compileAndIndex() {
        return filters.index(RuleMix.compiled(filters, patterns));
    }
}
