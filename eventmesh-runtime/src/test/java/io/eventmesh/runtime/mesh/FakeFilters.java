package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.function.FilterProvider;

/** Takes events whose id stands somewhere in the text, and refuses a text with {@code broken}. */
final class FakeFilters implements FilterProvider {
    private int compiled;

    @Override
    public String name() {
        return "cloudevents";
    }

    @Override
    public Filter compile(String spec) {
        compiled++;
        if (spec.contains("broken")) {
            throw new EventMeshException(ErrorCode.RULE_INVALID, "filter: broken (expected: whole)");
        }
        return event -> spec.contains("\"" + event.event().id() + "\"");
    }

    int compiled() {
        return compiled;
    }
}
