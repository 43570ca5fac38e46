package io.eventmesh.runtime.delivery;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a group wants, and how: its pattern, and the terms and filter as they are now. Part of one {@link GroupState}.
 */
final class Wanted {
    private static final long NEVER_NANOS = Duration.ofDays(365).toNanos();

    private final TopicPattern pattern;
    private final boolean settledByMember;
    private DeliveryTerms terms;
    private EventFilter filter;
    private long ackTimeoutNanos;
    /** The topic judged last, and how: events of one topic come in rows. */
    private @Nullable TopicName lastTopic;

    private boolean lastMatches;

    Wanted(TopicPattern pattern, DeliveryTerms terms, EventFilter filter, boolean settledByMember) {
        this.pattern = pattern;
        this.settledByMember = settledByMember;
        this.terms = terms;
        this.filter = filter;
        this.ackTimeoutNanos =
                settledByMember ? NEVER_NANOS : terms.ackTimeout().toNanos();
    }

    void alter(DeliveryTerms newTerms, EventFilter newFilter) {
        terms = newTerms;
        filter = newFilter;
        ackTimeoutNanos = settledByMember ? NEVER_NANOS : newTerms.ackTimeout().toNanos();
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
        return settledByMember ? Integer.MAX_VALUE : terms.retry().maxAttempts();
    }

    /** The number that an offer bears. */
    int attempt(Entry entry) {
        return settledByMember ? entry.failures + 1 : entry.offers;
    }

    /** Whether the topic is one of the group's. */
    boolean matches(EventRecord record) {
        TopicName topic = record.topic();
        if (!topic.equals(lastTopic)) {
            lastMatches = pattern.matches(topic);
            lastTopic = topic;
        }
        return lastMatches;
    }

    /** Whether the filter lets an event of the group's topics through. */
    boolean passes(EventRecord record) {
        return filter.passes(record);
    }
}
