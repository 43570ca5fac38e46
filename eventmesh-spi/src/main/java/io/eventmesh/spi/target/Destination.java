package io.eventmesh.spi.target;

/**
 * Where the mesh itself sends events.
 *
 * @param kind the name of a {@link TargetSenderProvider}, such as {@code topic} or {@code webhook}
 * @param spec what the kind needs to know, as JSON text
 */
public record Destination(String kind, String spec) {
    /** Without the specification, which may hold secrets. */
    @Override
    public String toString() {
        return kind + "#" + Integer.toHexString(spec.hashCode());
    }
}
