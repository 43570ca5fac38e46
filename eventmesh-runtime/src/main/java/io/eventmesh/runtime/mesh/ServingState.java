package io.eventmesh.runtime.mesh;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;

/** Whether a mesh takes calls: NEW, SERVING, DRAINING, CLOSED, in this order and never back. Thread-safe. */
final class ServingState {
    private enum Stage {
        NEW,
        SERVING,
        DRAINING,
        CLOSED
    }

    private volatile Stage stage = Stage.NEW;

    void serve() {
        stage = Stage.SERVING;
    }

    void drain() {
        if (stage == Stage.SERVING) {
            stage = Stage.DRAINING;
        }
    }

    /** Answers false when it was closed already. */
    synchronized boolean close() {
        boolean first = stage != Stage.CLOSED;
        stage = Stage.CLOSED;
        return first;
    }

    boolean isServing() {
        return stage == Stage.SERVING;
    }

    /** @throws EventMeshException SHUTTING_DOWN when calls are not taken */
    void require() {
        if (!isServing()) {
            throw refusal();
        }
    }

    EventMeshException refusal() {
        return new EventMeshException(
                ErrorCode.SHUTTING_DOWN,
                stage == Stage.NEW ? "this runtime has not started yet" : "this runtime is shutting down");
    }

    Health health() {
        return switch (stage) {
            case SERVING -> Health.up();
            case DRAINING -> Health.degraded("draining");
            case NEW -> Health.down("not started");
            case CLOSED -> Health.down("closed");
        };
    }
}
