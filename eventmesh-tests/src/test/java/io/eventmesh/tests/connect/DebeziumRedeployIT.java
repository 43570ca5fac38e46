package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.tests.connect.Hook.Came;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A Debezium connector that is changed while rows are written, and what PostgreSQL may forget meanwhile. */
@ExtendWith(ConnectScene.Shared.class)
@Timeout(180)
class DebeziumRedeployIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String UNWRAPPED = """

            "transforms": "unwrap,amount",
            "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
            "transforms.amount.type": "org.apache.kafka.connect.transforms.Cast$Value",
            "transforms.amount.spec": "amount:int32",""";

    @Test
    void aChangedConnectorGoesOnBehindWhatIsStoredAndPostgresForgetsNoMoreThanThat(ConnectScene scene)
            throws Exception {
        try (Hook hook = new Hook()) {
            scene.sql(
                    "create table invoices (id int primary key, amount text)",
                    "insert into invoices values (1, '1'), (2, '2')");
            scene.push("invoices", hook);
            scene.follow("invoices");
            awaitRows(hook, 2);

            long before = scene.number("select pg_current_wal_lsn() - '0/0'::pg_lsn");
            for (int row = 3; row <= 20; row++) {
                insert(scene, row);
                assertForgotNoMoreThanIsStored(scene);
            }
            await("the slot moves on").atMost(LIMIT).untilAsserted(() -> {
                assertForgotNoMoreThanIsStored(scene);
                assertThat(forgotten(scene)).isGreaterThan(before);
            });

            long generation = scene.observedGeneration("invoices");
            insert(scene, 21);
            scene.put("invoices", ConnectScene.debezium("invoices", scene.databasePort(), UNWRAPPED));
            insert(scene, 22);
            awaitRows(hook, 22);
            assertThat(rows(hook))
                    .filteredOn(row -> row <= 2)
                    .as("one snapshot")
                    .hasSize(2);

            scene.awaitRunningBeyond("invoices", generation);
            awaitUnwrapped(scene, hook);
            assertForgotNoMoreThanIsStored(scene);
            scene.ask("invoices", "stop");
        }
    }

    /** Under the new configuration an event is the row alone, and a row that it does not fit is set aside. */
    private static void awaitUnwrapped(ConnectScene scene, Hook hook) throws Exception {
        scene.sql("insert into invoices values (101, 'much')", "insert into invoices values (102, '102')");
        await("the row behind")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(rows(hook)).contains(102));
        assertThat(rows(hook)).doesNotContain(101);
        assertThat(hook.events())
                .filteredOn(event -> event.row() == 102)
                .allSatisfy(event -> assertThat(event.data().toString()).isEqualTo("{\"id\":102,\"amount\":102}"));
        await("the dead letter")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(scene.deadLetters("invoices")).hasSize(1));
        JsonNode letter = scene.deadLetters("invoices").get(0);
        assertThat(letter.path("stage").asText()).as("%s", letter).isEqualTo("transform");
        assertThat(letter.path("message").asText()).startsWith("transform 'amount': ");
        assertThat(letter.path("event").toString()).contains("much").contains("DataChangeEvent");
    }

    private static void insert(ConnectScene scene, int row) throws Exception {
        scene.sql("insert into invoices values (%d, '%d')".formatted(row, row));
    }

    private static void awaitRows(Hook hook, int last) {
        List<Integer> all = IntStream.rangeClosed(1, last).boxed().toList();
        await(last + " rows")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(rows(hook)).containsAll(all));
    }

    private static List<Integer> rows(Hook hook) {
        return hook.events().stream().map(Came::row).toList();
    }

    /** The slot first, then the store: both only grow, so that the order of the looks hides nothing. */
    private static void assertForgotNoMoreThanIsStored(ConnectScene scene) throws Exception {
        long forgotten = forgotten(scene);
        assertThat(forgotten).isLessThanOrEqualTo(stored(scene));
    }

    private static long forgotten(ConnectScene scene) throws Exception {
        return scene.number(
                "select confirmed_flush_lsn - '0/0'::pg_lsn from pg_replication_slots where slot_name = 'invoices'");
    }

    /** How far the position goes that the admin has, which it learns when the mesh has stored what lies before it. */
    private static long stored(ConnectScene scene) throws Exception {
        JsonNode positions = await("a position")
                .atMost(LIMIT)
                .until(
                        () -> scene.admin()
                                .get("/api/v1/connectors/invoices/positions")
                                .path("items"),
                        items -> items.size() == 1);
        JsonNode offset = JSON.readTree(positions.get(0).path("value").asText()).path("o");
        return IntStream.range(0, 3)
                .mapToLong(i -> offset.path(
                                List.of("lsn", "lsn_proc", "lsn_commit").get(i))
                        .asLong())
                .max()
                .orElseThrow();
    }
}
