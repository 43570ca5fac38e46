package io.eventmesh.common.config;

/**
 * A configuration value that a record's constructor refused. The binder turns it into a line of the report, with the
 * full key in front.
 */
public final class InvalidValueException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String key;

    /**
     * @param key the kebab-case key within its record, such as {@code max-event-size}
     * @param problem value and expectation, {@code 70000 (expected: 0..65535)}
     */
    public InvalidValueException(String key, String problem) {
        super(key + ": " + problem);
        this.key = key;
        this.problem = problem;
    }

    private final String problem;

    public String key() {
        return key;
    }

    public String problem() {
        return problem;
    }
}
