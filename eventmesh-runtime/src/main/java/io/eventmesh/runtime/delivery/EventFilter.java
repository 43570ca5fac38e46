package io.eventmesh.runtime.delivery;

import io.eventmesh.spi.function.EventView;
import io.eventmesh.spi.function.Filter;
import io.eventmesh.spi.storage.EventRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which events of its topics a group gets; what it does not get counts as done. Thread-safe, never blocks. */
@FunctionalInterface
public interface EventFilter {
    /** Every event. */
    EventFilter ALL = record -> true;

    boolean passes(EventRecord record);

    /** By a filter of the terms. One that throws, which none should, says no. */
    static EventFilter by(Filter filter) {
        Logger log = LoggerFactory.getLogger(EventFilter.class);
        return record -> {
            try {
                return filter.test(new EventView(record.topic(), record.event(), record.appendTimeMillis()));
            } catch (RuntimeException broken) {
                log.debug("Filter failed, its answer is no. topic={}", record.topic(), broken);
                return false;
            }
        };
    }
}
