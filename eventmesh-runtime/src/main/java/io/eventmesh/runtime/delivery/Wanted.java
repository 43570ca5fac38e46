package io.eventmesh.runtime.delivery;

import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;

/**
 * What a group wants, and how: its pattern, and the terms and filter as they are now. Part of one {@link GroupState}.
 */
final class Wanted {
    private final TopicPattern pattern;
    private DeliveryTerms terms;
    private EventFilter filter;
    private long ackTimeoutNanos;

    Wanted(TopicPattern pattern, DeliveryTerms terms, EventFilter filter) {
        this.pattern = pattern;
        this.terms = terms;
        this.filter = filter;
        this.ackTimeoutNanos = terms.ackTimeout().toNanos();
    }

    void alter(DeliveryTerms newTerms, EventFilter newFilter) {
        terms = newTerms;
        filter = newFilter;
        ackTimeoutNanos = newTerms.ackTimeout().toNanos();
    }

    DeliveryTerms terms() {
        return terms;
    }

    EventFilter filter() {
        return filter;
    }

    long ackTimeoutNanos() {
        return ackTimeoutNanos;
    }

    int maxAttempts() {
        return terms.retry().maxAttempts();
    }

    boolean takes(EventRecord record) {
        return pattern.matches(record.topic()) && filter.passes(record);
    }
}
