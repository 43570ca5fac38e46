package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.ThriftyMember;
import io.eventmesh.spi.peer.Relay;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A member's hold on its group at this runtime, be it a member of this one or of another. Thread-safe. */
public record OwnRelay(ThriftyMember member) implements Relay {
    @Override
    public void request(int events, long bytes) {
        member.request(events, bytes);
    }

    @Override
    public void recall() {
        member.recall();
    }

    @Override
    public void ack(long delivery) {
        member.ack(delivery);
    }

    @Override
    public void release(long delivery, Duration delay, String reason, @Nullable ErrorCode code, String message) {
        member.release(delivery, delay, new Cause(reason, code, message));
    }

    @Override
    public void reject(long delivery, String reason, @Nullable ErrorCode code, String message) {
        member.reject(delivery, new Cause(reason, code, message));
    }

    @Override
    public void finish() {
        member.finish();
    }

    @Override
    public void leave() {
        member.leave();
    }

    @Override
    public void close() {
        member.close();
    }
}
