package io.eventmesh.function.jsonata;

import io.eventmesh.function.transform.TransformSpec;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.Set;

/**
 * Data by a JSONata expression over the event's JSON form: {@code {"expression": "{\"item\": data.sku}"}}.
 *
 * <p>Bounded: expression 8 KiB; {@value #TIME_LIMIT_MILLIS} ms of processor time unless the step says otherwise;
 * {@value Budget#MAX_DEPTH} steps within steps; every value and the sum of them (see {@link Weights}); result 1 MiB.
 * Expressions run on a small pool of their own. {@code $now()} and {@code $millis()} are the time at which the mesh
 * stored the event, {@code $random()} begins with the event's identity: an event judged twice gives one result.
 * {@code $eval} and functions with signatures are refused.
 */
public final class JsonataTransformerProvider implements TransformerProvider {
    static final long TIME_LIMIT_MILLIS = 500;
    private static final int MAX_LENGTH = 8192;

    private final EvaluationPool pool = new EvaluationPool();

    /** Made once by the service loader; its threads end when idle. */
    public JsonataTransformerProvider() {}

    @Override
    public String name() {
        return "jsonata";
    }

    @Override
    public Transformer compile(String spec, TransformTerms terms) {
        String expression = TransformSpec.of(spec, Set.of("expression")).requiredText("expression");
        if (expression.length() > MAX_LENGTH) {
            throw new InvalidSpec(
                    "/expression", "%d characters (expected: at most %d)".formatted(expression.length(), MAX_LENGTH));
        }
        long limit =
                terms.timeout().isZero() ? TIME_LIMIT_MILLIS : terms.timeout().toMillis();
        return new JsonataTransformer(() -> Expression.of(expression, "/expression"), terms.name(), limit, pool);
    }
}
