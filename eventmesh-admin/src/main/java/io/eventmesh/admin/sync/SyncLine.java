package io.eventmesh.admin.sync;

import io.eventmesh.admin.placement.RulePlacement;
import io.eventmesh.admin.schedule.Directive;
import io.eventmesh.admin.schedule.Leader;
import io.eventmesh.admin.schedule.Line;
import io.eventmesh.admin.schedule.Timing;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.Names;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.RuntimeReport;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Sync stream: reports go to the leader, directives come back.
 *
 * <p>Directives are written by the leader's serial executor only. A runtime that does not read gets the next directive
 * when it does, since each holds the full set.
 */
final class SyncLine implements StreamObserver<RuntimeReport>, Line {
    private static final Logger log = LoggerFactory.getLogger(SyncLine.class);

    private final Leader leader;
    private final ServerCallStreamObserver<AdminDirective> out;
    private final Timing timing;
    private final RulePlacement placement;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile String runtime = "";
    private volatile String incarnation = "";

    SyncLine(Leader leader, ServerCallStreamObserver<AdminDirective> out, Timing timing, RulePlacement placement) {
        this.leader = leader;
        this.out = out;
        this.timing = timing;
        this.placement = placement;
        out.setOnCancelHandler(this::gone);
    }

    @Override
    public void onNext(RuntimeReport message) {
        if (ended.get()) {
            return; // a newer stream of the runtime took its place
        }
        String id = message.getRuntimeId();
        boolean other = !runtime.isEmpty() && !runtime.equals(id);
        if (id.isEmpty() || message.getIncarnation().isEmpty() || other) {
            end(new EventMeshException(
                    ErrorCode.REQUEST_INVALID,
                    "report: runtime '%s' incarnation '%s' (expected: both, the same all along the stream)"
                            .formatted(Names.shown(id), Names.shown(message.getIncarnation()))));
            return;
        }
        runtime = id;
        incarnation = message.getIncarnation();
        placement.heard(message);
        leader.report(Wire.report(message), this);
    }

    @Override
    public void onError(Throwable broken) {
        gone();
    }

    @Override
    public void onCompleted() {
        gone();
        if (ended.compareAndSet(false, true)) {
            out.onCompleted();
        }
    }

    @Override
    public boolean send(Directive directive, long definitionsVersion, byte[] leaseToken) {
        if (ended.get() || out.isCancelled() || !out.isReady()) {
            return false;
        }
        try {
            AdminDirective.Builder message = Wire.directive(directive, definitionsVersion, leaseToken, timing);
            placement.of(runtime, directive.term()).ifPresent(message::setRuleGroups);
            out.onNext(message.build());
            return true;
        } catch (IllegalStateException closedMeanwhile) {
            log.debug("Directive came too late. runtime={}", runtime);
            return false;
        }
    }

    @Override
    public void end(EventMeshException cause) {
        if (ended.compareAndSet(false, true) && !out.isCancelled()) {
            out.onError(Statuses.of(cause, leader.leaderAddress()));
        }
    }

    private void gone() {
        if (!runtime.isEmpty()) {
            placement.lost(runtime);
            leader.disconnected(runtime, incarnation, this);
        }
    }
}
