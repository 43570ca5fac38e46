package io.eventmesh.common.lifecycle;

/**
 * A part of the runtime that is started once and closed at the end.
 *
 * <p>A constructor does no I/O and starts no thread. {@link #start} is called at most once; when it fails, the
 * component has released what it had taken. {@link #close} may be called any number of times, from any state, also
 * before start; it returns after the component's threads have ended and its ports are free. {@link #health} is cheap
 * and may be called at any time by any thread.
 */
public interface Component extends AutoCloseable {
    /** A short name for logs and the health report, such as {@code storage-memory}. */
    String name();

    /**
     * Takes ports, files and connections and begins to work. Blocks until the component is usable.
     *
     * @throws io.eventmesh.common.error.EventMeshException when the environment does not allow it
     */
    void start();

    /** How the component is right now. */
    Health health();

    /** Stops, finishing what was accepted within the component's own bound. Never throws for being closed already. */
    @Override
    void close();
}
