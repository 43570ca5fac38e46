package io.eventmesh.protocol.http;

/** The path exists, for another method. */
final class WrongMethodException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String allowed;

    WrongMethodException(String allowed) {
        super(null, null, false, false);
        this.allowed = allowed;
    }

    String allowed() {
        return allowed;
    }
}
