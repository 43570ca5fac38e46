package io.eventmesh.runtime.mesh.peer;

import static io.eventmesh.runtime.mesh.peer.PeerCluster.now;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.spi.mesh.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PeerDeliveryTest {
    private final PeerCluster cluster = new PeerCluster();

    @AfterEach
    void close() {
        cluster.close();
    }

    static void eventually(ThrowingRunnable assertion) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(5))
                .untilAsserted(assertion);
    }

    private static List<String> ids(int from, int to) {
        return IntStream.range(from, to).mapToObj(Integer::toString).toList();
    }

    private static List<String> all(Worker... workers) {
        List<String> all = new ArrayList<>();
        Arrays.stream(workers).forEach(worker -> all.addAll(worker.ids()));
        return all;
    }

    private static Worker join(PeerCluster.Node node, boolean acks, int window) {
        Worker worker = new Worker(acks, window);
        return worker.at(node.subscribe("g", worker));
    }

    @Test
    void aMemberAtARuntimeThatOwnsNothingGetsItsShareAndNeverMoreThanItGranted() {
        cluster.stream(1);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, false, 10);
        Worker second = join(two, false, 10);
        eventually(() -> assertThat(one.owned("g") + two.owned("g")).isEqualTo(1));

        for (int i = 0; i < 25; i++) {
            one.publish(Integer.toString(i), "k" + i);
        }

        eventually(() -> {
            assertThat(first.got).hasSize(10);
            assertThat(second.got).hasSize(10);
        });
        eventually(() -> {
            first.ackAll();
            second.ackAll();
            assertThat(all(first, second)).containsExactlyInAnyOrderElementsOf(ids(0, 25));
            assertThat(first.inFlight() + second.inFlight()).isZero();
        });
        eventually(() -> assertThat(
                        one.view.group(PeerCluster.name("g")).orElseThrow().lagEvents())
                .isZero());
        assertThat(first.overdrawn || second.overdrawn).isFalse();
    }

    @Test
    void aCreditOfOneGetsWhereverThereIsSomethingToDeliver() {
        cluster.stream(4);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, true, 1);
        Worker second = join(two, true, 1);
        eventually(() -> assertThat(Math.min(one.owned("g"), two.owned("g"))).isEqualTo(2));

        for (int i = 0; i < 60; i++) {
            (i % 2 == 0 ? one : two).publish(Integer.toString(i), "k" + i);
        }

        eventually(() -> assertThat(all(first, second)).containsExactlyInAnyOrderElementsOf(ids(0, 60)));
        assertThat(first.overdrawn || second.overdrawn).isFalse();
    }

    @Test
    void aRuntimeThatEndsHandsOverWithoutLossAndWithoutDuplicates() {
        cluster.stream(4);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, true, 10);
        Worker second = join(two, true, 10);
        eventually(() -> assertThat(Math.min(one.owned("g"), two.owned("g"))).isEqualTo(2));
        for (int i = 0; i < 100; i++) {
            two.publish(Integer.toString(i), "k" + i % 7);
        }

        one.end();
        for (int i = 100; i < 150; i++) {
            two.publish(Integer.toString(i), "k" + i % 7);
        }

        assertThat(first.closed).isTrue();
        eventually(() -> assertThat(all(first, second)).containsExactlyInAnyOrderElementsOf(ids(0, 150)));
        assertThat(two.owned("g")).isEqualTo(4);
    }

    @Test
    void aRuntimeThatComesTakesItsPartOverWithoutLossAndWithoutDuplicates() {
        cluster.stream(4);
        PeerCluster.Node one = cluster.node("one");
        Worker first = join(one, true, 10);
        eventually(() -> assertThat(one.owned("g")).isEqualTo(4));
        for (int i = 0; i < 50; i++) {
            one.publish(Integer.toString(i), "k" + i % 7);
        }

        PeerCluster.Node two = cluster.node("two");
        Worker second = join(two, true, 10);
        for (int i = 50; i < 150; i++) {
            one.publish(Integer.toString(i), "k" + i % 7);
        }

        eventually(() -> assertThat(two.owned("g")).isEqualTo(2));
        eventually(() -> assertThat(all(first, second)).containsExactlyInAnyOrderElementsOf(ids(0, 150)));
    }

    @Test
    void relaysAreCountedAndSoAreThoseThatAreLost() {
        cluster.stream(2);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        join(one, true, 10);
        join(one, true, 10);
        join(two, true, 10);

        eventually(() -> {
            assertThat(one.meters.get("eventmesh.relay.open").gauge().value()).isEqualTo(2);
            assertThat(two.meters.get("eventmesh.relay.open").gauge().value()).isEqualTo(1);
        });
        two.kill();

        eventually(() -> {
            assertThat(one.meters.get("eventmesh.relay.open").gauge().value()).isZero();
            assertThat(one.meters.get("eventmesh.relay.lost").functionCounter().count())
                    .isEqualTo(2);
        });
    }

    @Test
    void whatADeadRuntimeHadInFlightComesToTheOthers() {
        cluster.stream(4);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker first = join(one, false, 20);
        Worker second = join(two, true, 20);
        eventually(() -> assertThat(Math.min(one.owned("g"), two.owned("g"))).isEqualTo(2));
        for (int i = 0; i < 40; i++) {
            two.publish(Integer.toString(i), "k" + i);
        }
        eventually(() -> assertThat(first.got).isNotEmpty());

        one.kill();

        eventually(() -> assertThat(second.ids()).containsAll(ids(0, 40)));
        assertThat(second.overdrawn).isFalse();
    }

    /** Windows of all sizes, acked late and in bunches, at runtimes that have something to deliver by turns. */
    @Test
    void everythingComesWhileCreditMovesBackAndForth() {
        cluster.stream(3);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        Worker[] workers = {
            join(one, false, 1), join(one, false, 7), join(two, false, 2), join(two, false, 16), join(two, true, 3)
        };
        int published = 0;
        for (int round = 0; round < 30; round++) {
            for (int i = 0; i < 40; i++) {
                (round % 2 == 0 ? one : two).publish(Integer.toString(published++), "k" + (round % 3 * 7 + i % 5));
            }
            workers[round % workers.length].ackAll();
        }
        int all = published;

        eventually(() -> {
            for (Worker worker : workers) {
                worker.ackAll();
            }
            assertThat(all(workers)).hasSizeGreaterThanOrEqualTo(all);
        });
        assertThat(all(workers)).containsExactlyInAnyOrderElementsOf(ids(0, all));
        assertThat(workers).noneMatch(worker -> worker.overdrawn);
    }

    /** Each worker acks as it gets, so that what it gets of a key twice, or in another order, is a fault of the hand-over. */
    @Test
    void aKeyKeepsItsOrderWhileMembersAndRuntimesComeAndGo() {
        cluster.stream(4);
        PeerCluster.Node one = cluster.node("one");
        PeerCluster.Node two = cluster.node("two");
        List<Worker> workers = new ArrayList<>(List.of(join(one, true, 4), join(two, true, 4)));
        for (int i = 0; i < 200; i++) {
            now(two.publishing(Integer.toString(i), "k" + i % 5));
            if (i % 40 == 10) {
                workers.add(join(i < 100 ? one : two, true, 4));
            }
            if (i % 40 == 30) {
                workers.get(workers.size() - 1).leave();
            }
            if (i == 100) {
                one.end();
            }
            if (i == 130) {
                PeerCluster.Node three = cluster.node("three");
                workers.add(join(three, true, 4));
                workers.add(join(two, true, 4));
            }
        }

        eventually(() -> assertThat(all(workers.toArray(Worker[]::new))).containsAll(ids(0, 200)));

        for (Worker worker : workers) {
            for (Map.Entry<String, List<Delivery>> key : byKey(worker).entrySet()) {
                assertThat(key.getValue())
                        .as("key %s", key.getKey())
                        .extracting(delivery -> delivery.position().offset())
                        .isSorted();
            }
        }
    }

    private static Map<String, List<Delivery>> byKey(Worker worker) {
        Map<String, List<Delivery>> keys = new HashMap<>();
        worker.got.forEach(delivery -> keys.computeIfAbsent(
                        String.valueOf(delivery.record().key()), unknown -> new ArrayList<>())
                .add(delivery));
        return keys;
    }
}
