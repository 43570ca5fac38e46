package io.eventmesh.spi.role;

import io.eventmesh.common.lifecycle.Component;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * One of the things that a runtime process can be. Several run in one process without knowing one another; they meet in
 * the {@link RoleContext}.
 *
 * <p>After start the runtime announces {@link #endpoints} in the meta store; before close it withdraws them and calls
 * {@link #drain}.
 */
public interface Role extends Component {
    /** What others reach it by, such as {@code mesh.grpc}; known after start. */
    Map<String, String> endpoints();

    /** Lines for the start banner, {@code label: text}; only what is true after start. */
    List<String> banner();

    /**
     * Finishes what was accepted and takes nothing new; returns when done or when its own bound is over.
     *
     * @param atMost what the process has left for it: no own bound goes beyond this
     */
    default void drain(Duration atMost) {}
}
