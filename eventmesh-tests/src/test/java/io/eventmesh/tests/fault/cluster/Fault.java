package io.eventmesh.tests.fault.cluster;

import java.time.Duration;

/**
 * One thing that goes wrong, and is put right again.
 *
 * @param name as it is told
 * @param lasts how long it stays wrong
 * @param strike makes it
 * @param undo ends it; what was ended is started, without waiting
 */
record Fault(String name, Duration lasts, Runnable strike, Runnable undo) {
    @Override
    public String toString() {
        return "%s for %d ms".formatted(name, lasts.toMillis());
    }
}
