package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.function.TransformTerms;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.Set;

/**
 * A part of the event becomes its data: {@code {"path": "$.data.order"}}, or {@code InputPath} as in EventBridge. An
 * event in which the path finds nothing is refused.
 */
public final class PathTransformerProvider implements TransformerProvider {
    @Override
    public String name() {
        return "path";
    }

    @Override
    public Transformer compile(String spec, TransformTerms terms) {
        TransformSpec fields = TransformSpec.of(spec, Set.of("path", "InputPath"));
        String field = fields.oneOf("path", "InputPath");
        return part(JsonPath.of(fields.requiredText(field), "/" + field));
    }

    /** The part at a path, as data. */
    static Transformer part(JsonPath path) {
        return Quick.of(view -> {
            JsonNode part = path.find(view);
            if (part.isMissingNode()) {
                throw new EventMeshException(ErrorCode.RULE_INVALID, "%s finds nothing in the event".formatted(path));
            }
            return Result.json(view.event(), part);
        });
    }
}
