package io.eventmesh.function.jsonata;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One event given to one expression, on a thread of the pool. WAITING until a thread takes it, then RUNNING, then OVER;
 * LEFT when nobody waits for it any more, though its thread goes on.
 */
final class Evaluation implements Callable<JsonNode> {
    private enum State {
        WAITING,
        RUNNING,
        LEFT,
        OVER
    }

    private final JsonNode input;
    private final long millis;
    private final long seed;
    private final long limitMillis;
    private final Queue<Evaluable> spare;
    private final Supplier<? extends Evaluable> compile;
    private final EvaluationPool pool;
    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private volatile @Nullable Budget budget;

    /** @param spare compiled forms to choose from, and where the one that was used goes back to */
    Evaluation(
            EventView view,
            long limitMillis,
            Queue<Evaluable> spare,
            Supplier<? extends Evaluable> compile,
            EvaluationPool pool) {
        Event event = view.event();
        this.input = JsonEvent.of(view).root();
        this.millis = view.appendTimeMillis();
        this.seed = Objects.hash(event.source(), event.id());
        this.limitMillis = limitMillis;
        this.spare = spare;
        this.compile = compile;
        this.pool = pool;
    }

    @Override
    public JsonNode call() {
        state.compareAndSet(State.WAITING, State.RUNNING);
        Evaluable known = spare.poll();
        Evaluable expression = known == null ? compile.get() : known;
        Budget mine = new Budget(limitMillis, expression.weights());
        budget = mine;
        try {
            return expression.evaluate(input, new Surroundings(mine, millis, new Random(seed)));
        } finally {
            mine.end();
            spare.offer(expression);
            if (state.getAndSet(State.OVER) == State.LEFT) {
                pool.cameBack();
            }
        }
    }

    /** Makes it end as soon as it can, begun or not. */
    void cancel() {
        Budget begun = budget;
        if (begun != null) {
            begun.cancel();
        }
    }

    /** Leaves its thread behind, unless it is over by now. */
    boolean leave() {
        if (!state.compareAndSet(State.RUNNING, State.LEFT)) {
            return false;
        }
        pool.leftBehind();
        return true;
    }

    /** Which bound it reached; null for none. */
    @Nullable
    String exceeded() {
        Budget begun = budget;
        return begun == null ? null : begun.exceeded();
    }

    /** Processor time so far; 0 while it waits for a thread. */
    long usedMillis() {
        Budget begun = budget;
        return begun == null ? 0 : begun.usedMillis();
    }

    /** Whether it used up its time. */
    boolean isLate() {
        return usedMillis() >= limitMillis;
    }
}
