package io.eventmesh.runtime.simulation;

import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.mesh.SubscribeTerms;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.testkit.checker.Audience;
import java.time.Duration;
import java.util.List;

/** A group of every life. */
record GroupPlan(String group, TopicPattern pattern, Start start, boolean ordered) {
    static final Duration ACK_TIMEOUT = Duration.ofSeconds(3);
    private static final RetryPolicy RETRY = new RetryPolicy(3, Duration.ofMillis(200), 4, Duration.ofSeconds(10));

    static final List<GroupPlan> ALL = List.of(
            new GroupPlan("wide", TopicPattern.of("orders/#"), Start.earliest(), true),
            new GroupPlan("narrow", TopicPattern.of("orders/eu"), Start.earliest(), true),
            new GroupPlan("late", TopicPattern.of("orders/*"), Start.latest(), true),
            new GroupPlan("loose", TopicPattern.of("bills/>"), Start.earliest(), false));

    SubscriptionName name() {
        return new SubscriptionName("default", group, pattern);
    }

    SubscribeTerms terms() {
        return new SubscribeTerms(group, pattern, start, new DeliveryTerms(RETRY, ACK_TIMEOUT, ordered), "life");
    }

    /** @param since when the group was there for certain */
    Audience audience(long since) {
        return new Audience(
                group,
                sent -> pattern.matches(TopicName.of(sent.topic())),
                start.equals(Start.earliest()) ? Long.MIN_VALUE : since,
                ordered,
                RETRY.maxAttempts());
    }
}
