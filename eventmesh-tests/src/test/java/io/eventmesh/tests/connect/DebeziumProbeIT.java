package io.eventmesh.tests.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.tests.process.Rest;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a hosted connector says of its database before it runs. */
@ExtendWith(ConnectScene.Shared.class)
@Timeout(180)
class DebeziumProbeIT {
    @Test
    void aDatabaseThatIsThereThatIsNotAndThatDoesNotAnswer(ConnectScene scene) throws Exception {
        JsonNode there = probe(scene, scene.databasePort());
        int closed;
        JsonNode silent;
        try (ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            closed = listening.getLocalPort();
            silent = probe(scene, closed);
        }
        JsonNode away = probe(scene, closed);

        assertThat(there.path("valid").asBoolean()).as("%s", there).isTrue();
        assertThat(status(there, "PROBE")).as("%s", there).isEqualTo("PASS");
        assertHostBlamed(silent);
        assertHostBlamed(away);
        assertThat(away.toString()).contains("refused");
    }

    private static void assertHostBlamed(JsonNode answer) {
        assertThat(answer.path("valid").asBoolean()).as("%s", answer).isFalse();
        assertThat(status(answer, "SCHEMA")).as("%s", answer).isEqualTo("PASS");
        assertThat(status(answer, "PLUGIN")).as("%s", answer).isEqualTo("PASS");
        assertThat(status(answer, "PROBE")).as("%s", answer).isEqualTo("FAIL");
        assertThat(answer.path("errors"))
                .as("%s", answer)
                .singleElement()
                .satisfies(error ->
                        assertThat(error.path("path").asText()).isEqualTo("/spec/config/properties/database.hostname"));
    }

    private static JsonNode probe(ConnectScene scene, int port) {
        String connector = ConnectScene.debezium("probed", port);
        Rest.Answer answer = scene.admin()
                .call(
                        "POST",
                        "/api/v1/connectors:validate?probe=true",
                        "{\"metadata\": {\"name\": \"probed\"}, " + connector.substring(1));
        assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
        return answer.body();
    }

    private static String status(JsonNode answer, String check) {
        for (JsonNode each : answer.path("checks")) {
            if (each.path("check").asText().equals(check)) {
                return each.path("status").asText();
            }
        }
        return "absent";
    }
}
