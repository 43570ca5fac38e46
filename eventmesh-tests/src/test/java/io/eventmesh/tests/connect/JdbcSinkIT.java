package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Debezium's JDBC sink, hosted without Kafka: it wants records with a schema, which the configuration gives. */
@ExtendWith(ConnectScene.Shared.class)
@Timeout(180)
class JdbcSinkIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Test
    void eventsBecomeRowsOfATableThatTheSinkMakes(ConnectScene scene) throws Exception {
        scene.put("stock", sink(scene.databasePort()));
        scene.awaitRunning("stock");

        publish(scene, "{\"id\": 1, \"name\": \"one\"}");
        publish(scene, "{\"id\": 2}");
        awaitRows(scene, Map.of(1, "one", 2, "null"));
        publish(scene, "{\"id\": \"three\"}");
        publish(scene, "{\"id\": 1, \"name\": \"uno\"}");

        awaitRows(scene, Map.of(1, "uno", 2, "null"));
        await("what fits no row is set aside")
                .atMost(LIMIT)
                .untilAsserted(() -> assertThat(scene.deadLetters("stock")).hasSize(1));
        scene.ask("stock", "stop");
    }

    private static void publish(ConnectScene scene, String json) {
        var answer = scene.door().call("POST", "/v1/topics/stock/events", json);
        assertThat(answer.status()).as("%s", answer.body()).isLessThan(300);
    }

    private static void awaitRows(ConnectScene scene, Map<Integer, String> expected) {
        await("rows")
                .atMost(LIMIT)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(rows(scene)).isEqualTo(expected));
    }

    private static Map<Integer, String> rows(ConnectScene scene) throws Exception {
        Map<Integer, String> found = new TreeMap<>();
        try (Connection connection = scene.database();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select id, name from stock")) {
            while (rows.next()) {
                found.put(rows.getInt("id"), String.valueOf(rows.getString("name")));
            }
        }
        return found;
    }

    private static String sink(int port) {
        return """
                {"spec": {"plugin": "debezium-jdbc", "kind": "SINK", "topic": "stock", "config": {
                  "properties": {
                    "connection.url": "jdbc:postgresql://127.0.0.1:%d/postgres",
                    "connection.username": "postgres", "connection.password": "${env:EVENTMESH_SECRET_SHOP}",
                    "insert.mode": "upsert", "primary.key.mode": "record_value", "primary.key.fields": "id",
                    "schema.evolution": "basic", "collection.name.format": "stock"},
                  "values": {"form": "schema", "schema": "{\\"type\\": \\"struct\\", \\"fields\\": [\
                    {\\"field\\": \\"id\\", \\"type\\": \\"int32\\"}, \
                    {\\"field\\": \\"name\\", \\"type\\": \\"string\\", \\"optional\\": true}]}"}}}}""".formatted(port);
    }
}
