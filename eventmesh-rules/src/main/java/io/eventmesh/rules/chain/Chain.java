package io.eventmesh.rules.chain;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.proto.v1.TransformDefinition;
import io.eventmesh.proto.v1.TransformDefinition.OnError;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.plugin.Plugins;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Transforms that an event passes one after another; each sees what the one before made of it. The event keeps its id.
 *
 * <p>Immutable and thread-safe. May hold its caller for as long as its steps' bounds allow, unless {@link #isQuick}.
 */
public final class Chain {
    /** The longest that one step may be allowed to take. */
    public static final Duration MAX_TIMEOUT = Duration.ofSeconds(10);

    /** The most steps of one chain. */
    public static final int MAX_STEPS = 20;

    private final List<Step> steps;
    private final boolean quick;

    private Chain(List<Step> steps) {
        this.steps = steps;
        this.quick = steps.stream().allMatch(step -> step.transformer().isQuick());
    }

    /** What one step made of an event: a result, or why not. */
    public record Trace(
            String kind, @Nullable Event result, @Nullable EventMeshException failure) {}

    /**
     * Compiles.
     *
     * @param name of the rule or connector
     * @throws InvalidSpec the first problem, with a path such as {@code /0/spec/template}
     */
    public static Chain of(List<TransformDefinition> definitions, String name, Plugins plugins) {
        List<InvalidSpec> problems = new ArrayList<>();
        Chain chain = new Chain(read(definitions, name, plugins, problems));
        if (!problems.isEmpty()) {
            throw problems.get(0);
        }
        return chain;
    }

    /** Everything that is wrong with a chain, with paths such as {@code /0/spec/template}; empty for nothing. */
    public static List<InvalidSpec> problems(List<TransformDefinition> definitions, String name, Plugins plugins) {
        List<InvalidSpec> problems = new ArrayList<>();
        read(definitions, name, plugins, problems);
        return problems;
    }

    private static List<Step> read(
            List<TransformDefinition> definitions, String name, Plugins plugins, List<InvalidSpec> problems) {
        if (definitions.size() > MAX_STEPS) {
            problems.add(
                    new InvalidSpec("", "%d steps (expected: at most %d)".formatted(definitions.size(), MAX_STEPS)));
            return List.of();
        }
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < definitions.size(); i++) {
            try {
                steps.add(Step.of(i, definitions.get(i), name, plugins));
            } catch (InvalidSpec invalid) {
                problems.add(invalid);
            }
        }
        return List.copyOf(steps);
    }

    public boolean isEmpty() {
        return steps.isEmpty();
    }

    /** Whether it takes microseconds and never waits. */
    public boolean isQuick() {
        return quick;
    }

    /** Why a step refuses every event from now on, naming the step; empty while all work. */
    public Optional<String> disabled() {
        for (Step step : steps) {
            Optional<String> why = step.transformer().disabled();
            if (why.isPresent()) {
                return Optional.of("transforms[%d] %s: %s".formatted(step.index(), step.kind(), why.get()));
            }
        }
        return Optional.empty();
    }

    /** Sends an event through. Never fails: every failure is a passage. */
    public Passage pass(EventView view) {
        EventView now = view;
        List<Passage.Skip> skips = List.of();
        for (Step step : steps) {
            try {
                now = now.with(step.apply(now));
            } catch (EventMeshException why) {
                if (why.retryable()) {
                    return new Passage.Unready(step.index(), why);
                }
                switch (step.onError()) {
                    case ON_ERROR_SKIP -> skips = with(skips, new Passage.Skip(step.index(), why));
                    case ON_ERROR_DROP -> {
                        return new Passage.Dropped(step.index(), why);
                    }
                    case ON_ERROR_UNSPECIFIED, ON_ERROR_DEAD_LETTER, UNRECOGNIZED -> {
                        return new Passage.Failed(step.index(), why);
                    }
                }
            }
        }
        return new Passage.Passed(now.event(), skips);
    }

    private static List<Passage.Skip> with(List<Passage.Skip> skips, Passage.Skip one) {
        List<Passage.Skip> more = new ArrayList<>(skips);
        more.add(one);
        return List.copyOf(more);
    }

    /** What each step makes of an event, up to the first failure that ends it. */
    public List<Trace> trace(EventView view) {
        List<Trace> traces = new ArrayList<>();
        EventView now = view;
        for (Step step : steps) {
            try {
                now = now.with(step.apply(now));
                traces.add(new Trace(step.kind(), now.event(), null));
            } catch (EventMeshException why) {
                traces.add(new Trace(step.kind(), null, why));
                if (why.retryable() || step.onError() != OnError.ON_ERROR_SKIP) {
                    return traces;
                }
            }
        }
        return traces;
    }
}
