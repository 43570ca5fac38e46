package io.eventmesh.spi.target;

/**
 * What proves to a destination who sends.
 *
 * @param name in its namespace
 * @param revision raised by each change
 * @param kind {@code basic}, {@code bearer}, {@code header}, {@code oauth2} or {@code signing}
 * @param spec JSON, whose texts may refer to secrets that are kept elsewhere, see {@link SecretValues}
 */
public record Credential(String name, long revision, String kind, String spec) {
    /** Without the specification, which may hold secrets. */
    @Override
    public String toString() {
        return "%s credential %s, revision %d".formatted(kind, name, revision);
    }
}
