package io.eventmesh.spi.security;

/**
 * Who makes a call.
 *
 * @param name as operators know it
 * @param kind how far it is trusted
 */
public record Principal(String name, Kind kind) {
    /** The caller that proved nothing. */
    public static final Principal ANONYMOUS = new Principal("anonymous", Kind.ANONYMOUS);

    /** How a caller is known. */
    public enum Kind {
        /** Proved nothing. */
        ANONYMOUS,
        /** Proved an identity. */
        USER,
        /** A runtime of this cluster, proven by the cluster key: it may write reserved topics. */
        RUNTIME
    }

    /** A runtime of this cluster. */
    public static Principal runtime(String id) {
        return new Principal(id, Kind.RUNTIME);
    }

    public boolean isRuntime() {
        return kind == Kind.RUNTIME;
    }
}
