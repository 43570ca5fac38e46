package io.eventmesh.tests.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.Ack;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.Subscription;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.tests.process.FreePorts;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.ZooKeeperProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Moves a cluster by the commands of the how-to: every event comes once, and the events of a key in their order. */
class MoveToKafkaIT {
    private static final Path HOW_TO = Path.of("../docs/how-to/move-to-kafka.md");
    private static final Pattern BLOCK = Pattern.compile("```sh (\\w+)\\n(.*?)```", Pattern.DOTALL);
    private static final int EVENTS = 2_000;
    private static final int KEYS = 7;

    @TempDir
    Path directory;

    private final Queue<String> received = new ConcurrentLinkedQueue<>();

    @Test
    @Timeout(value = 4, unit = TimeUnit.MINUTES)
    void nothingIsLostDoubledOrOutOfOrder() throws Exception {
        try (ZooKeeperProcess zookeeper = new ZooKeeperProcess(directory.resolve("zookeeper")).start();
                KafkaCluster kafka = KafkaCluster.start(directory.resolve("kafka"), 1);
                Installation old = new Installation(directory.resolve("old"));
                Installation next = new Installation(directory.resolve("next"))) {
            String before = "zk://%s/default".formatted(zookeeper.address());
            String after = "zk://%s/shop".formatted(zookeeper.address());
            String ops = Integer.toString(new FreePorts().next());
            MeshProcess single = old.start(
                            "old",
                            "--role=mesh",
                            "--set",
                            "storage.type=rocksdb",
                            "--set",
                            "mesh.grpc.port=0",
                            "--set",
                            "mesh.http.port=0",
                            "--set",
                            "ops.port=" + ops,
                            "--set",
                            "meta.connect=" + zookeeper.address())
                    .awaitReady();
            try (EventMesh subscriber = EventMesh.connect(before)) {
                subscribe(subscriber);
                publish(before, 0, EVENTS / 2);

                run(
                                next,
                                "start",
                                Map.of(
                                        "ZOOKEEPER", zookeeper.address(),
                                        "KAFKA", kafka.bootstrapServers(),
                                        "OPS", "0"))
                        .awaitReady();
                publish(after, EVENTS / 2, EVENTS);
                MeshProcess drain = run(next, "drain", Map.of("OLD_OPS", "http://127.0.0.1:" + ops));

                assertThat(drain.awaitExit(Duration.ofSeconds(60)))
                        .as("%s%n%s", drain.out(), drain.err())
                        .isZero();
                assertThat(received).hasSize(EVENTS / 2);
            }
            try (EventMesh subscriber = EventMesh.connect(after)) {
                subscribe(subscriber);
                await().atMost(Duration.ofSeconds(60)).until(() -> received.size() >= EVENTS);
            }
            single.terminate();
            single.awaitExit(Duration.ofSeconds(40));
        }
        assertInOrder();
    }

    private void subscribe(EventMesh client) throws Exception {
        Subscription subscription = client.subscribe("orders/>", "billing")
                .from(Start.earliest())
                .ack(Ack.EXPLICIT)
                .handle(Event.class, (event, delivery) -> {
                    received.add(event.id());
                    delivery.ack();
                });
        subscription.ready().get(60, TimeUnit.SECONDS);
    }

    private static void publish(String address, int from, int to) throws Exception {
        List<CompletableFuture<?>> answers = new ArrayList<>();
        try (EventMesh client = EventMesh.connect(address)) {
            for (int i = from; i < to; i++) {
                answers.add(client.publish(
                        "orders/eu",
                        Event.builder()
                                .id(Integer.toString(i))
                                .source("/shop")
                                .type("order")
                                .attribute("partitionkey", "k" + i % KEYS)
                                .text("order " + i)
                                .build()));
            }
            CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).get(60, TimeUnit.SECONDS);
        }
    }

    /** Runs a block of the how-to as it stands there. */
    private static MeshProcess run(Installation installation, String name, Map<String, String> variables)
            throws IOException {
        Matcher blocks = BLOCK.matcher(Files.readString(HOW_TO));
        while (blocks.find()) {
            if (blocks.group(1).equals(name)) {
                // what is started takes the shell's place, so that it ends when the test ends it
                String command = blocks.group(2).replaceFirst("^(?=bin/start.sh)", "exec ");
                Path script = Files.writeString(
                        installation.base().resolve(name + ".sh"), "#!/bin/bash\nset -eu\n" + command);
                assertThat(script.toFile().setExecutable(true)).isTrue();
                return installation.run(name, variables, name + ".sh");
            }
        }
        throw new AssertionError("no block '%s' in %s".formatted(name, HOW_TO));
    }

    private void assertInOrder() {
        assertThat(received).hasSize(EVENTS).doesNotHaveDuplicates();
        int[] last = new int[KEYS];
        Arrays.fill(last, -1);
        for (String id : received) {
            int number = Integer.parseInt(id);
            assertThat(number).as("the events of key k%d", number % KEYS).isGreaterThan(last[number % KEYS]);
            last[number % KEYS] = number;
        }
    }
}
