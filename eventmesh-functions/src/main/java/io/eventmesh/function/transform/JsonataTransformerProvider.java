package io.eventmesh.function.transform;

import com.dashjoin.jsonata.JException;
import com.dashjoin.jsonata.Jsonata;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Data by a JSONata expression over the event's JSON form: {@code {"expression": "{\"item\": data.sku}"}}.
 *
 * <p>Bounded: expression 8 KiB, result 1 MiB, {@value JsonataTransformer#TIME_LIMIT_MILLIS} ms, depth
 * {@value JsonataTransformer#MAX_DEPTH}; builtins that amplify are replaced by bounded ones. Expressions run on a small
 * pool of their own, so that one that does not stop holds no thread of the mesh.
 */
public final class JsonataTransformerProvider implements TransformerProvider {
    private static final int MAX_LENGTH = 8192;
    private static final int THREADS = 4;
    private static final int QUEUED = 256;

    private final ThreadPoolExecutor pool = new ThreadPoolExecutor(
            THREADS, THREADS, 10, TimeUnit.SECONDS, new ArrayBlockingQueue<>(QUEUED), new NamedThreads("mesh-jsonata"));

    /** Made once by the service loader; its threads end when idle. */
    public JsonataTransformerProvider() {
        pool.allowCoreThreadTimeOut(true);
    }

    @Override
    public String name() {
        return "jsonata";
    }

    @Override
    public Transformer compile(String spec, String ruleName) {
        String expression = TransformSpec.of(spec, Set.of("expression")).requiredText("expression");
        if (expression.length() > MAX_LENGTH) {
            throw TransformSpec.invalid(
                    "expression", "%d characters (expected: at most %d)".formatted(expression.length(), MAX_LENGTH));
        }
        try {
            Jsonata.jsonata(expression);
        } catch (JException refused) {
            throw TransformSpec.invalid("expression", String.valueOf(refused.getMessage()));
        }
        return new JsonataTransformer(expression, pool);
    }
}
