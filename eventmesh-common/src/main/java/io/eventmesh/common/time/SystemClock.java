package io.eventmesh.common.time;

/** The only place that asks the machine for the time. */
enum SystemClock implements MeshClock {
    INSTANCE;

    @Override
    public long millis() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
