package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.tests.connect.Hook.Came;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Debezium's PostgreSQL connector, hosted without Kafka, from a row to a webhook. */
@ExtendWith(ConnectScene.Shared.class)
@Timeout(180)
class DebeziumIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int ROWS = Integer.getInteger("debezium.rows", 200);

    private Hook hook;

    @BeforeEach
    void open() throws Exception {
        hook = new Hook();
    }

    @AfterEach
    void close() {
        hook.close();
    }

    @Test
    void aRowInsertedWhileTheConnectorIsStoppedComesWhenItStartsAgainAndNothingElse(ConnectScene scene)
            throws Exception {
        scene.sql(
                "create table orders (id int primary key, name text)",
                "insert into orders values (1, 'one'), (2, 'two')");
        scene.push("orders", hook);

        scene.follow("orders");
        awaitEvents(2);
        scene.sql("update orders set name = 'uno' where id = 1");
        awaitEvents(3);
        scene.ask("orders", "stop");
        scene.awaitStopped("orders");
        scene.sql("insert into orders values (3, 'three')");
        scene.ask("orders", "resume");
        awaitEvents(4);
        scene.sql("delete from orders where id = 2");
        awaitEvents(6);

        List<Came> came = hook.events();
        assertThat(came.stream().map(event -> event.operation() + event.row()))
                .containsExactlyInAnyOrder("r1", "r2", "u1", "c3", "d-1", "-1");
        assertThat(came.stream().map(Came::id)).doesNotHaveDuplicates();
        assertThat(came.get(0).type()).isEqualTo("io.debezium.connector.postgresql.DataChangeEvent");
        assertThat(came.get(0).subject()).isEqualTo("public.orders");
        assertThat(came.get(2).data().at("/after/name").asText()).isEqualTo("uno");
        assertThat(came)
                .filteredOn(event -> event.operation().isEmpty())
                .singleElement()
                .satisfies(event -> assertThat(event.type()).endsWith(".tombstone"));
        scene.ask("orders", "stop");
    }

    @Test
    void noRowIsLostWhenTheConnectorRuntimeIsKilled(ConnectScene scene) throws Exception {
        scene.sql("create table parcels (id int primary key)");
        scene.push("parcels", hook);
        scene.follow("parcels");
        scene.awaitRunning("parcels");

        for (int row = 0; row < ROWS / 2; row++) {
            scene.sql("insert into parcels values (%d)".formatted(row));
        }
        awaitEvents(1);
        scene.killConnectorRuntime();
        for (int row = ROWS / 2; row < ROWS; row++) {
            scene.sql("insert into parcels values (%d)".formatted(row));
        }

        List<Integer> all = IntStream.range(0, ROWS).boxed().toList();
        await("every row").atMost(LIMIT).untilAsserted(() -> assertThat(rows()).containsAll(all));
        assertThat(rows().stream().distinct()).containsExactlyInAnyOrderElementsOf(all);
        System.out.printf(
                "debezium: connector runtime killed under %d rows, lost 0, seen twice %d%n",
                ROWS, hook.events().size() - ROWS);
        scene.ask("parcels", "stop");
    }

    private List<Integer> rows() {
        return hook.events().stream().map(Came::row).toList();
    }

    private void awaitEvents(int count) {
        await(count + " events")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(hook.events()).hasSizeGreaterThanOrEqualTo(count));
    }
}
