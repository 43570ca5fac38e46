package io.eventmesh.function.transform;

import com.dashjoin.jsonata.JException;
import com.dashjoin.jsonata.Jsonata;
import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Transformer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One JSONata expression. Its compiled form serves one evaluation at a time, so spare ones are kept.
 *
 * <p>What did not get the processor time that it may use is OVERLOADED, to be tried again. An evaluation that goes on
 * after its time is left behind; after the second such the transformer refuses every event,
 * since each would take one more thread of the pool.
 */
final class JsonataTransformer implements Transformer {
    static final long TIME_LIMIT_MILLIS = 500;
    static final int MAX_DEPTH = 100;
    private static final int MAX_ABANDONED = 2;
    /** How the library's message begins when its bound on the clock ends an evaluation. */
    private static final String OUT_OF_TIME = "Expression evaluation timeout";
    /** Of waiting for an evaluation that gets no processor time. */
    private static final int MAX_ROUNDS = 10;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int MAX_PAD = 10_000;
    private static final Logger log = LoggerFactory.getLogger(JsonataTransformer.class);

    private final String expression;
    private final ExecutorService pool;
    private final Queue<Jsonata> spare = new ConcurrentLinkedQueue<>();
    private final AtomicInteger abandoned = new AtomicInteger();

    JsonataTransformer(String expression, ExecutorService pool) {
        this.expression = expression;
        this.pool = pool;
    }

    @Override
    public boolean isQuick() {
        return false;
    }

    @Override
    public Event apply(EventView event) {
        if (abandoned.get() >= MAX_ABANDONED) {
            throw failed(ErrorCode.RULE_INVALID, "disabled: it did not stop in time twice", null);
        }
        Evaluation evaluation = new Evaluation(JsonEvent.of(event).root());
        Future<JsonNode> result;
        try {
            result = pool.submit(evaluation);
        } catch (RejectedExecutionException full) {
            throw failed(ErrorCode.OVERLOADED, "too many evaluations wait", full);
        }
        return Result.json(event.event(), await(evaluation, result));
    }

    private JsonNode await(Evaluation evaluation, Future<JsonNode> result) {
        try {
            for (int round = 0; round < MAX_ROUNDS; round++) {
                try {
                    // twice the limit: the expression's own bound answers first when it can
                    return result.get(2 * TIME_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException late) {
                    if (evaluation.usedMillis() >= TIME_LIMIT_MILLIS) {
                        result.cancel(true);
                        log.warn("Expression did not stop in time. abandoned={}", abandoned.incrementAndGet());
                        throw failed(
                                ErrorCode.DEADLINE_EXCEEDED,
                                "did not end within %d ms".formatted(TIME_LIMIT_MILLIS),
                                late);
                    }
                }
            }
            result.cancel(true);
            throw failed(ErrorCode.OVERLOADED, "no processor time for it", null);
        } catch (InterruptedException interrupted) {
            result.cancel(true);
            Thread.currentThread().interrupt();
            throw failed(ErrorCode.SHUTTING_DOWN, "interrupted", interrupted);
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            if (evaluation.wasStarved(cause)) {
                throw failed(ErrorCode.OVERLOADED, "no processor time for it", cause);
            }
            String reason = cause instanceof JException ? String.valueOf(cause.getMessage()) : String.valueOf(cause);
            throw failed(ErrorCode.RULE_INVALID, reason, cause);
        }
    }

    /**
     * One evaluation, and the processor time that it got: on a machine that is busy with something else, an expression
     * that runs into its bound on the clock says nothing about the expression.
     */
    private final class Evaluation implements Callable<JsonNode> {
        private final JsonNode input;
        private volatile @Nullable Thread thread;
        private volatile long cpuBefore;
        private volatile long endedWithMillis = -1;

        Evaluation(JsonNode input) {
            this.input = input;
        }

        @Override
        public JsonNode call() {
            cpuBefore = THREADS.getCurrentThreadCpuTime();
            thread = Thread.currentThread();
            try {
                return evaluate(input);
            } finally {
                endedWithMillis = TimeUnit.NANOSECONDS.toMillis(THREADS.getCurrentThreadCpuTime() - cpuBefore);
            }
        }

        /** Processor time so far; 0 while it waits for a thread. */
        long usedMillis() {
            long ended = endedWithMillis;
            Thread running = thread;
            if (ended >= 0 || running == null) {
                return Math.max(0, ended);
            }
            return TimeUnit.NANOSECONDS.toMillis(THREADS.getThreadCpuTime(running.getId()) - cpuBefore);
        }

        /** Whether the clock's bound ended it while most of the time had gone to somebody else. */
        boolean wasStarved(@Nullable Throwable failure) {
            return failure instanceof JException bound
                    && String.valueOf(bound.getError()).startsWith(OUT_OF_TIME)
                    && usedMillis() < TIME_LIMIT_MILLIS / 2;
        }
    }

    private JsonNode evaluate(JsonNode input) {
        Jsonata compiled = spare.poll();
        if (compiled == null) {
            compiled = compile();
        }
        Jsonata.Frame frame = compiled.createFrame();
        frame.setRuntimeBounds(TIME_LIMIT_MILLIS, MAX_DEPTH);
        Object value = compiled.evaluate(JsonEvent.MAPPER.convertValue(input, Object.class), frame);
        spare.offer(compiled);
        if (value == null) {
            throw new JException("the expression finds nothing in the event", 0);
        }
        return JsonEvent.MAPPER.valueToTree(value);
    }

    private Jsonata compile() {
        Jsonata compiled = Jsonata.jsonata(expression);
        compiled.registerFunction(
                "pad",
                Jsonata.function(
                        "pad",
                        (@Nullable String text, Number width, @Nullable String with) -> pad(text, width, with),
                        "<s-ns?:s>"));
        return compiled;
    }

    private static @Nullable String pad(@Nullable String text, Number width, @Nullable String with) {
        if (Math.abs(width.longValue()) > MAX_PAD) {
            throw new JException("$pad width: %s (expected: at most %d)".formatted(width, MAX_PAD), 0);
        }
        if (text == null) {
            return null;
        }
        int[] points = text.codePoints().toArray();
        int missing = Math.abs(width.intValue()) - points.length;
        if (missing <= 0) {
            return text;
        }
        int[] filler =
                (with == null || with.isEmpty() ? " " : with).codePoints().toArray();
        StringBuilder padding = new StringBuilder();
        for (int i = 0; i < missing; i++) {
            padding.appendCodePoint(filler[i % filler.length]);
        }
        return width.intValue() > 0 ? text + padding : padding + text;
    }

    private static EventMeshException failed(ErrorCode code, String reason, @Nullable Throwable cause) {
        return new EventMeshException(code, "transform jsonata: " + reason, cause);
    }
}
