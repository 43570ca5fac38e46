package io.eventmesh.tests.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.Delivery;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.Subscription;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.tests.kafka.KafkaCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One partition, two runtimes: only one of them can own it, and the members of both get their share. */
class ShareIT {
    private static final int WINDOW = 10;
    private static final int EVENTS = 30;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    /** Takes what it gets and acks it when it is told. */
    private static final class Slow {
        private final List<Delivery<?>> got = new CopyOnWriteArrayList<>();
        private boolean open;

        synchronized void take(Delivery<?> delivery) {
            got.add(delivery);
            if (open) {
                delivery.ack();
            }
        }

        synchronized void open() {
            open = true;
            got.forEach(Delivery::ack);
        }

        Subscription at(EventMesh client) throws Exception {
            return client.subscribe("orders", "billing")
                    .from(Start.earliest())
                    .ack(Ack.EXPLICIT)
                    .maxInFlight(WINDOW)
                    .handle((event, delivery) -> take(delivery))
                    .ready()
                    .get(60, TimeUnit.SECONDS);
        }
    }

    @Test
    @Timeout(value = 10, unit = TimeUnit.MINUTES)
    void membersOfBothRuntimesGetTheirShareAndRepliesFindWhoAsked() throws Exception {
        try (KafkaCluster kafka = KafkaCluster.start(directory.resolve("kafka"), 1);
                Runtimes runtimes = new Runtimes(
                        directory,
                        2,
                        "storage.type=kafka",
                        "storage.kafka.bootstrap-servers=" + kafka.bootstrapServers(),
                        "topics.partitions=1");
                EventMesh one = runtimes.clientAt(0);
                EventMesh two = runtimes.clientAt(1)) {
            share(one, two);
            ask(one, two);
            ask(two, one);
        }
    }

    private static void share(EventMesh one, EventMesh two) throws Exception {
        Slow first = new Slow();
        Slow second = new Slow();
        try (Subscription here = first.at(one);
                Subscription there = second.at(two)) {
            for (int i = 0; i < EVENTS; i++) {
                one.publish("orders", event("order " + i, "k" + i)).get(60, TimeUnit.SECONDS);
            }
            await("both have what their windows take").atMost(PATIENCE).untilAsserted(() -> {
                assertThat(first.got).hasSize(WINDOW);
                assertThat(second.got).hasSize(WINDOW);
            });
            first.open();
            second.open();
            await("all have come")
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(Stream.concat(first.got.stream(), second.got.stream())
                                    .map(delivery -> delivery.event().id()))
                            .containsExactlyInAnyOrderElementsOf(IntStream.range(0, EVENTS)
                                    .mapToObj(i -> "order " + i)
                                    .toList()));
            assertThat(here.ended()).isNotDone();
            assertThat(there.ended()).isNotDone();
        }
    }

    private static void ask(EventMesh asking, EventMesh answering) throws Exception {
        try (Subscription desk = answering
                .subscribe("quotes", "desk")
                .handle((event, delivery) -> delivery.reply(event("answer", "k")))
                .ready()
                .get(60, TimeUnit.SECONDS)) {
            Event answer =
                    asking.request("quotes", event("question", "k"), PATIENCE).get(60, TimeUnit.SECONDS);

            assertThat(answer.id()).isEqualTo("answer");
            assertThat(desk.ended()).isNotDone();
        }
    }

    private static Event event(String id, String key) {
        return Event.builder()
                .id(id)
                .source("/shop")
                .type("order")
                .attribute("partitionkey", key)
                .text(id)
                .build();
    }
}
