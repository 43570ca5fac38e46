package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.function.InvalidSpec;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.Set;

/**
 * The same data for every event: {@code {"value": …}} with any JSON, or {@code {"Input": "…"}} with JSON in a string, as
 * in EventBridge.
 */
public final class ConstantTransformerProvider implements TransformerProvider {
    @Override
    public String name() {
        return "constant";
    }

    @Override
    public Transformer compile(String spec, TransformTerms terms) {
        TransformSpec fields = TransformSpec.of(spec, Set.of("value", "Input"));
        JsonNode value;
        if (fields.oneOf("value", "Input").equals("value")) {
            value = fields.required("value");
        } else {
            value = TemplateTransformerProvider.parsed(fields.requiredText("Input"));
        }
        if (value == null) {
            throw new InvalidSpec("/Input", "not JSON (expected: JSON in a string)");
        }
        return Quick.of(view -> Result.json(view.event(), value));
    }
}
