package io.eventmesh.sdk.remote;

import com.google.protobuf.ByteString;
import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.sdk.discovery.EndpointDiscovery;
import io.eventmesh.spi.mesh.CallContext;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * What the parts of one {@link RemoteMesh} share.
 *
 * @param headers the metadata of a new call
 * @param standing told when a runtime answered or was lost
 * @param discovery asked anew when a runtime was lost
 */
record Wiring(
        RemoteOptions options,
        MeshClock clock,
        Scheduler scheduler,
        Executor backing,
        Links links,
        Pauses pauses,
        CallHeaders headers,
        Standing standing,
        EndpointDiscovery discovery) {

    SerialExecutor serial() {
        return new SerialExecutor(backing, clock::nanoTime);
    }

    /** Until when a call may take, on the monotonic clock. */
    long deadline(CallContext context) {
        return context.deadlineNanos() != 0 ? context.deadlineNanos() : callDeadline();
    }

    /** Until when a call may take that nobody set a deadline for. */
    long callDeadline() {
        return clock.nanoTime() + options.callTimeout().toNanos();
    }

    /** The newest proof of the lease of the runtime that this client is part of; empty for none. */
    ByteString lease() {
        Supplier<ByteString> newest = options.lease();
        return newest == null ? ByteString.EMPTY : newest.get();
    }

    /** Leaves a link because of what happened on it; calls on it may end. */
    void lost(Links.Link link) {
        links.failed(link);
        discovery.refresh();
        standing.lost();
    }

    /** Leaves a link on which nobody answers: what still goes over it ends as if the connection were gone. */
    void dead(Links.Link link) {
        lost(link);
        link.channel().shutdownNow();
    }
}
