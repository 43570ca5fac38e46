package io.eventmesh.function.jsonata;

/**
 * A bound of an evaluation was reached. Parts of the engine swallow exceptions or hide them in others, so that the
 * {@link Budget} remembers the reason too.
 */
final class Exceeded extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Exceeded(String reason) {
        super(reason, null, false, false);
    }
}
