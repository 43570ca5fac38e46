package io.eventmesh.sdk.remote;

import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.CallContext;
import java.util.concurrent.Executor;

/**
 * What the parts of one {@link RemoteMesh} share.
 *
 * @param headers the metadata of a new call
 * @param standing told when a runtime answered or was lost
 */
record Wiring(
        RemoteOptions options,
        MeshClock clock,
        Scheduler scheduler,
        Executor backing,
        Links links,
        Pauses pauses,
        CallHeaders headers,
        Standing standing) {

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

    /** Leaves a link because of what happened on it. */
    void lost(Links.Link link) {
        links.failed(link);
        standing.lost();
    }
}
