package io.eventmesh.spi.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/** A filter that is refused, with the place in it: RULE_INVALID. */
public final class FilterRefusal extends EventMeshException {
    private static final long serialVersionUID = 1L;

    private final String pointer;

    /**
     * @param pointer where in the rule, as a JSON pointer: {@code /filter/data/total/0/numeric}, {@code /filters/1}
     * @param message path, value and what was expected
     */
    public FilterRefusal(String pointer, String message) {
        super(ErrorCode.RULE_INVALID, message);
        this.pointer = pointer;
    }

    /** Where in the rule, as a JSON pointer. */
    public String pointer() {
        return pointer;
    }
}
