package io.eventmesh.spi.protocol;

import io.eventmesh.common.lifecycle.Component;

/**
 * A door: translates a wire protocol to {@link io.eventmesh.spi.mesh.Mesh} and back.
 *
 * <p>Binds in start; refuses with PORT_IN_USE naming the key of its port. From {@link #drain} on it takes no new work
 * (SHUTTING_DOWN). In close it lets running calls end within its bound, tells open streams, and frees the port. Its
 * handlers run on I/O threads and never block.
 */
public interface ProtocolServer extends Component {
    /**
     * The bound address after start: {@code host:port}, or a URL for HTTP. The port is the real one when 0 was
     * configured.
     */
    String address();

    /**
     * Sends whoever comes with new work to another runtime, by SHUTTING_DOWN, and says so at once to those who could only
     * bring more of it; what was accepted is answered and settled as before. Returns at once, any number of times, and
     * does nothing before start and after close.
     */
    default void drain() {}

    /** One line for the start banner: label, address, what it speaks. */
    String banner();
}
