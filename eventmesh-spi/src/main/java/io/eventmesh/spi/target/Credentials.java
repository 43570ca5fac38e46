package io.eventmesh.spi.target;

import java.util.Optional;

/** The credentials of the definitions in force. Thread-safe; answers at once, and may answer differently each time. */
@FunctionalInterface
public interface Credentials {
    /** The credential as it is now; none while the definitions do not hold it. */
    Optional<Credential> named(String namespace, String name);

    /** Where nobody has defined one. */
    static Credentials none() {
        return (namespace, name) -> Optional.empty();
    }
}
