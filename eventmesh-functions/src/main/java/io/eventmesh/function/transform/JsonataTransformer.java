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
import java.util.Queue;
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
 * <p>An evaluation that goes on after its time is left behind; after the second such the transformer refuses every event,
 * since each would take one more thread of the pool.
 */
final class JsonataTransformer implements Transformer {
    static final long TIME_LIMIT_MILLIS = 500;
    static final int MAX_DEPTH = 100;
    private static final int MAX_ABANDONED = 2;
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
        JsonNode input = JsonEvent.of(event).root();
        Future<JsonNode> evaluation;
        try {
            evaluation = pool.submit(() -> evaluate(input));
        } catch (RejectedExecutionException full) {
            throw failed(ErrorCode.OVERLOADED, "too many evaluations wait", full);
        }
        return Result.json(event.event(), await(evaluation));
    }

    private JsonNode await(Future<JsonNode> evaluation) {
        try {
            // twice the limit: the expression's own bound answers first when it can
            return evaluation.get(2 * TIME_LIMIT_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            evaluation.cancel(true);
            log.warn("Expression did not stop in time. abandoned={}", abandoned.incrementAndGet());
            throw failed(ErrorCode.DEADLINE_EXCEEDED, "did not end within %d ms".formatted(TIME_LIMIT_MILLIS), late);
        } catch (InterruptedException interrupted) {
            evaluation.cancel(true);
            Thread.currentThread().interrupt();
            throw failed(ErrorCode.SHUTTING_DOWN, "interrupted", interrupted);
        } catch (ExecutionException failure) {
            Throwable cause = failure.getCause();
            String reason = cause instanceof JException ? String.valueOf(cause.getMessage()) : String.valueOf(cause);
            throw failed(ErrorCode.RULE_INVALID, reason, cause);
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
