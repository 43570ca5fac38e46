package io.eventmesh.runtime.mesh.peer;

import io.eventmesh.runtime.delivery.Cause;
import io.eventmesh.runtime.delivery.ThriftyMember;
import io.eventmesh.spi.peer.Relay;
import java.time.Duration;

/** A member's hold on its group at one runtime, this one or another. Thread-safe. */
interface Source {
    void request(int events, long bytes);

    void recall();

    void ack(long delivery);

    void release(long delivery, Duration delay, Cause cause);

    void reject(long delivery, Cause cause);

    void finish();

    void leave();

    void close();

    static Source of(ThriftyMember member) {
        return new Source() {
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
            public void release(long delivery, Duration delay, Cause cause) {
                member.release(delivery, delay, cause);
            }

            @Override
            public void reject(long delivery, Cause cause) {
                member.reject(delivery, cause);
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
        };
    }

    static Source of(Relay relay) {
        return new Source() {
            @Override
            public void request(int events, long bytes) {
                relay.request(events, bytes);
            }

            @Override
            public void recall() {
                relay.recall();
            }

            @Override
            public void ack(long delivery) {
                relay.ack(delivery);
            }

            @Override
            public void release(long delivery, Duration delay, Cause cause) {
                relay.release(delivery, delay, cause.reason(), cause.code(), cause.message());
            }

            @Override
            public void reject(long delivery, Cause cause) {
                relay.reject(delivery, cause.reason(), cause.code(), cause.message());
            }

            @Override
            public void finish() {
                relay.finish();
            }

            @Override
            public void leave() {
                relay.leave();
            }

            @Override
            public void close() {
                relay.close();
            }
        };
    }
}
