package io.eventmesh.function.transform;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Transformer;
import io.eventmesh.spi.function.TransformerProvider;
import java.util.Set;

/** The same data for every event: {@code {"value": …}}. */
public final class ConstantTransformerProvider implements TransformerProvider {
    @Override
    public String name() {
        return "constant";
    }

    @Override
    public Transformer compile(String spec, String ruleName) {
        JsonNode value = TransformSpec.of(spec, Set.of("value")).required("value");
        return new Quick() {
            @Override
            public Event apply(EventView event) {
                return Result.json(event.event(), value);
            }
        };
    }
}
