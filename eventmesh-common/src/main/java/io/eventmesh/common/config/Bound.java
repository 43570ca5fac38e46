package io.eventmesh.common.config;

import io.eventmesh.common.error.ConfigException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What came of binding a tree to a record: the record, or why not.
 *
 * @param value null when there are problems
 * @param problems one line a problem, {@code key: value (expected: …)}
 */
public record Bound<C extends Record>(@Nullable C value, List<String> problems) {
    public Bound {
        problems = List.copyOf(problems);
    }

    public boolean isValid() {
        return problems.isEmpty();
    }

    /**
     * The record.
     *
     * @param source where the tree came from, for the message
     * @throws ConfigException with all problems
     */
    public C orThrow(String source) {
        if (value == null || !problems.isEmpty()) {
            throw new ConfigException(source, problems);
        }
        return value;
    }
}
