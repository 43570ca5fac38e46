package io.eventmesh.function.jsonata;

import com.dashjoin.jsonata.JException;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.transform.Result;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Transformer;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One JSONata expression. Its compiled form serves one evaluation at a time, so spare ones are kept.
 *
 * <p>An evaluation that uses up its processor time, or any other part of its {@link Budget}, ends and is the event's
 * failure; one that got no processor time within 10 s is OVERLOADED, to be tried again. Should one go on half a second after
 * its time, its thread is left behind and counted. After {@value #MAX_LEFT_BEHIND} of those, or
 * {@value #MAX_LATE_IN_A_ROW} events in a row that used up their time, the transformer is disabled and refuses every
 * event.
 */
final class JsonataTransformer implements Transformer {
    static final int MAX_LEFT_BEHIND = 2;
    static final int MAX_LATE_IN_A_ROW = 5;

    private static final long LOOK_MILLIS = 100;
    private static final long GRACE_MILLIS = 500;
    private static final long MAX_WAIT_MILLIS = 10_000;
    private static final Logger log = LoggerFactory.getLogger(JsonataTransformer.class);

    private final Supplier<? extends Evaluable> compile;
    private final String name;
    private final long limitMillis;
    private final EvaluationPool pool;
    private final Queue<Evaluable> spare = new ConcurrentLinkedQueue<>();
    private final AtomicInteger leftBehind = new AtomicInteger();
    private final AtomicInteger lateInARow = new AtomicInteger();
    private volatile @Nullable String disabled;

    /**
     * @param compile makes the compiled form, once now and once more for each thread that evaluates at the same time
     * @throws io.eventmesh.spi.function.InvalidSpec when it is no expression
     */
    JsonataTransformer(Supplier<? extends Evaluable> compile, String name, long limitMillis, EvaluationPool pool) {
        this.compile = compile;
        this.name = name;
        this.limitMillis = limitMillis;
        this.pool = pool;
        spare.offer(compile.get());
    }

    @Override
    public boolean isQuick() {
        return false;
    }

    @Override
    public Optional<String> disabled() {
        return Optional.ofNullable(disabled);
    }

    @Override
    public Event apply(EventView event) {
        String why = disabled;
        if (why != null) {
            throw failed(ErrorCode.RULE_INVALID, "disabled: " + why, null);
        }
        Evaluation evaluation = new Evaluation(event, limitMillis, spare, compile, pool);
        FutureTask<JsonNode> task = new FutureTask<>(evaluation);
        try {
            return Result.json(event.event(), await(evaluation, pool.submit(task)));
        } catch (RejectedExecutionException full) {
            throw failed(ErrorCode.OVERLOADED, "too many evaluations wait", full);
        } catch (InterruptedException interrupted) {
            giveUp(evaluation, task);
            Thread.currentThread().interrupt();
            throw failed(ErrorCode.SHUTTING_DOWN, "interrupted", interrupted);
        }
    }

    private JsonNode await(Evaluation evaluation, Future<JsonNode> task) throws InterruptedException {
        for (long waited = 0; waited < MAX_WAIT_MILLIS; waited += LOOK_MILLIS) {
            try {
                JsonNode result = task.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                lateInARow.set(0);
                return result;
            } catch (ExecutionException failure) {
                throw failed(evaluation, failure.getCause());
            } catch (TimeoutException notYet) {
                if (evaluation.usedMillis() > limitMillis + GRACE_MILLIS && evaluation.leave()) {
                    evaluation.cancel();
                    throw left();
                }
            }
        }
        giveUp(evaluation, task);
        throw failed(ErrorCode.OVERLOADED, "no processor time for it", null);
    }

    private static void giveUp(Evaluation evaluation, Future<JsonNode> task) {
        task.cancel(false);
        evaluation.cancel();
    }

    private EventMeshException left() {
        int count = leftBehind.incrementAndGet();
        log.warn("Expression did not stop in time, its thread is left behind. name={} leftBehind={}", name, count);
        if (count >= MAX_LEFT_BEHIND) {
            disable("%d evaluations did not stop in time".formatted(count));
        }
        return failed(ErrorCode.DEADLINE_EXCEEDED, "did not stop within %d ms".formatted(limitMillis), null);
    }

    private EventMeshException failed(Evaluation evaluation, @Nullable Throwable cause) {
        String bound = evaluation.exceeded();
        if (bound == null) {
            lateInARow.set(0);
            return failed(ErrorCode.RULE_INVALID, reason(cause), cause);
        }
        if (!evaluation.isLate()) {
            lateInARow.set(0);
            return failed(ErrorCode.RULE_INVALID, bound, cause);
        }
        if (lateInARow.incrementAndGet() >= MAX_LATE_IN_A_ROW) {
            disable("%d events in a row took longer than %d ms".formatted(MAX_LATE_IN_A_ROW, limitMillis));
        }
        return failed(ErrorCode.DEADLINE_EXCEEDED, bound, cause);
    }

    private static String reason(@Nullable Throwable cause) {
        if (cause instanceof JException ours) {
            return Expression.reason(ours);
        }
        return cause instanceof StackOverflowError ? "nested too deep" : String.valueOf(cause);
    }

    private void disable(String why) {
        if (disabled == null) {
            disabled = why;
            log.error("Expression is disabled until its rule or connector is changed. name={} reason={}", name, why);
        }
    }

    private static EventMeshException failed(ErrorCode code, String reason, @Nullable Throwable cause) {
        return new EventMeshException(code, reason, cause);
    }
}
