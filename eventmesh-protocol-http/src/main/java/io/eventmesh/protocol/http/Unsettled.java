package io.eventmesh.protocol.http;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The deliveries that a client was handed and has not settled. One that is older than the ack time-out is over in the
 * mesh too, which offers its event again under another number.
 *
 * <p>Thread-safe; nothing foreign is called under its lock.
 */
final class Unsettled {
    private final long ackTimeoutNanos;
    /** Delivery to the monotonic time at which it was handed over, oldest first. */
    private final Map<Long, Long> handedOver = new LinkedHashMap<>();

    Unsettled(Duration ackTimeout) {
        this.ackTimeoutNanos = ackTimeout.toNanos();
    }

    synchronized void add(long delivery, long now) {
        handedOver.put(delivery, now);
    }

    /** Whether the delivery was waiting to be settled; it is not any more. */
    synchronized boolean take(long delivery) {
        return handedOver.remove(delivery) != null;
    }

    /** Forgets what the mesh gave up waiting for, and says how many. */
    synchronized int expire(long now) {
        int expired = 0;
        Iterator<Long> times = handedOver.values().iterator();
        while (times.hasNext() && now - times.next() >= ackTimeoutNanos) {
            times.remove();
            expired++;
        }
        return expired;
    }

    synchronized int size() {
        return handedOver.size();
    }

    /** Refuses to hand over more. */
    EventMeshException tooMany(int max) {
        return new EventMeshException(
                ErrorCode.QUOTA_EXCEEDED, "unsettled deliveries: %d (expected: less than %d)".formatted(size(), max));
    }
}
