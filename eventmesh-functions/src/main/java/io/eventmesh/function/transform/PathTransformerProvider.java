package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.function.JsonEvent;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.Set;

/** A part of the event becomes its data: {@code {"path": "$.data.order"}}. */
public final class PathTransformerProvider implements TransformerProvider {
    @Override
    public String name() {
        return "path";
    }

    @Override
    public Transformer compile(String spec, String ruleName) {
        JsonPath path = JsonPath.of(TransformSpec.of(spec, Set.of("path")).requiredText("path"), "path");
        return new Quick() {
            @Override
            public Event apply(EventView event) {
                JsonNode part = path.find(JsonEvent.of(event).root());
                if (part.isMissingNode()) {
                    throw new EventMeshException(
                            ErrorCode.RULE_INVALID, "transform path: %s finds nothing in the event".formatted(path));
                }
                return Result.json(event.event(), part);
            }
        };
    }
}
