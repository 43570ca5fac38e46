package io.eventmesh.sdk.remote;

import io.eventmesh.common.thread.SerialExecutor;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.mesh.CallContext;
import io.grpc.Metadata;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What the parts of one {@link RemoteMesh} share.
 *
 * @param headers the metadata of a new call, made anew each time
 * @param state told when a runtime answered (READY) or was lost (FAILOVER)
 */
record Wiring(
        RemoteOptions options,
        MeshClock clock,
        Scheduler scheduler,
        Executor backing,
        Links links,
        Backoff backoff,
        Supplier<Metadata> headers,
        Consumer<ConnectionState> state) {

    SerialExecutor serial() {
        return new SerialExecutor(backing, clock::nanoTime);
    }

    /** Until when a call may take, on the monotonic clock. */
    long deadline(CallContext context) {
        return context.deadlineNanos() != 0
                ? context.deadlineNanos()
                : clock.nanoTime() + options.callTimeout().toNanos();
    }

    /** Leaves a link because of what happened on it. */
    void lost(Links.Link link) {
        links.failed(link);
        state.accept(ConnectionState.FAILOVER);
    }
}
