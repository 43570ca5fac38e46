package io.eventmesh.runtime.mesh;

import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BinaryOperator;
import java.util.function.ToDoubleFunction;

/** Figures of groups as rows of gauges: a bounded number of groups each by itself, the others together. Not thread-safe. */
final class GroupTable<F> {
    private static final int MAX_GROUPS = 1_000;
    private static final String OTHER = "_other";

    private final Map<String, F> rows = new TreeMap<>();
    private final BinaryOperator<F> sum;

    GroupTable(BinaryOperator<F> sum) {
        this.sum = sum;
    }

    void add(String group, F figures) {
        rows.merge(rows.size() < MAX_GROUPS ? group : OTHER, figures, sum);
    }

    /** One of those that are shown together. */
    void addToOthers(F figures) {
        rows.merge(OTHER, figures, sum);
    }

    /** Makes the gauge have these rows and no others. */
    void show(MultiGauge gauge, ToDoubleFunction<F> figure) {
        gauge.register(
                rows.entrySet().stream()
                        .<MultiGauge.Row<?>>map(
                                row -> MultiGauge.Row.of(Tags.of("group", row.getKey()), row.getValue(), figure))
                        .toList(),
                true);
    }
}
