package io.eventmesh.spi.function;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;

/** A specification that was refused when it was to be compiled: RULE_INVALID, with the place and the reason apart. */
public final class InvalidSpec extends EventMeshException {
    private static final long serialVersionUID = 1L;

    private final String path;
    private final String problem;

    /**
     * @param path JSON pointer within the specification, such as {@code /paths/sku}; empty for the whole
     * @param problem value and expectation, {@code 'x' (expected: a number)}
     */
    public InvalidSpec(String path, String problem) {
        super(ErrorCode.RULE_INVALID, path.isEmpty() ? problem : path + ": " + problem);
        this.path = path;
        this.problem = problem;
    }

    public String path() {
        return path;
    }

    public String problem() {
        return problem;
    }

    /** The same problem, seen from a document in which the specification stands below a pointer. */
    public InvalidSpec below(String pointer) {
        return new InvalidSpec(pointer + path, problem);
    }
}
