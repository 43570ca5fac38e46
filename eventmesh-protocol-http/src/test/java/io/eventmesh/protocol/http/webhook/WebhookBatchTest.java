package io.eventmesh.protocol.http.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.spi.target.Outcome;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebhookBatchTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Sending sending = new Sending();
    private Endpoint endpoint;
    private WebhookSender sender;

    @BeforeEach
    void listen() throws IOException {
        endpoint = new Endpoint(Endpoint.status(204));
        sending.terms = sending.terms.withBatchEvents(10);
        sender = sending.to(endpoint.url(), "'format': 'batch', 'handshake': 'skip'");
    }

    @AfterEach
    void stop() {
        sending.close();
        endpoint.close();
    }

    private List<Outcome> send(String... ids) {
        return Sending.get(sender.send(Sending.batch(ids)));
    }

    /** The ids of the events of each request, in the order of the requests. */
    private List<List<String>> requests() throws IOException {
        List<List<String>> requests = new ArrayList<>();
        for (Endpoint.Received each : endpoint.received()) {
            List<String> ids = new ArrayList<>();
            JsonNode tree = JSON.readTree(each.body().getBytes());
            assertThat(tree.isArray()).isTrue();
            tree.forEach(event -> ids.add(event.path("id").asText()));
            requests.add(ids);
        }
        return requests;
    }

    @Test
    void aBatchIsOneRequestAndItsAnswerSettlesAll() throws IOException {
        assertThat(sender.maxBatch()).isEqualTo(10);

        assertThat(send("1", "2", "3")).containsOnly(new Outcome.Done()).hasSize(3);

        assertThat(requests()).containsExactly(List.of("1", "2", "3"));
        Endpoint.Received got = endpoint.received().get(0);
        assertThat(got.header("content-type")).startsWith("application/cloudevents-batch+json");
        assertThat(JSON.readTree(got.body().getBytes())
                        .get(2)
                        .path("data")
                        .path("n")
                        .asText())
                .isEqualTo("3");
    }

    @Test
    void anEventAloneIsABatchOfOne() throws IOException {
        assertThat(Sending.get(sender.send(Sending.record("1"), 1))).isEqualTo(new Outcome.Done());
        assertThat(send("2")).containsExactly(new Outcome.Done());

        assertThat(requests()).containsExactly(List.of("1"), List.of("2"));
    }

    @ParameterizedTest
    @CsvSource({"400", "413", "422", "415"})
    void onePoisonDoesNotTakeTheOthersAlong(int status) throws IOException {
        endpoint.answer(exchange -> {
            boolean poison = endpoint.received()
                    .get(endpoint.received().size() - 1)
                    .body()
                    .toString()
                    .contains("\"id\":\"2\"");
            exchange.sendResponseHeaders(poison ? status : 200, -1);
        });

        List<Outcome> outcomes = send("1", "2", "3");

        assertThat(outcomes).extracting(Sending::name).containsExactly("Done", "Never", "Done");
        assertThat(requests()).containsExactly(List.of("1", "2", "3"), List.of("1"), List.of("2"), List.of("3"));
    }

    @ParameterizedTest
    @CsvSource({"401, Never", "403, Never", "405, Never", "307, Never", "410, Stop", "429, Again", "500, Again"})
    void whatIsNotTheFaultOfAnEventSettlesAll(int status, String outcome) throws IOException {
        endpoint.answer(Endpoint.status(status));

        assertThat(send("1", "2")).extracting(Sending::name).containsExactly(outcome, outcome);
        assertThat(requests()).hasSize(1);
    }

    @Test
    void whatComesAgainEndsTheSendingOneByOne() throws IOException {
        endpoint.answer(exchange -> {
            int request = endpoint.received().size();
            exchange.sendResponseHeaders(request == 1 ? 400 : request == 2 ? 200 : 503, -1);
        });

        assertThat(send("1", "2", "3", "4"))
                .extracting(Sending::name)
                .containsExactly("Done", "Again", "Again", "Again");
        assertThat(requests()).containsExactly(List.of("1", "2", "3", "4"), List.of("1"), List.of("2"));
    }

    @Test
    void aStopEndsItToo() throws IOException {
        endpoint.answer(
                exchange -> exchange.sendResponseHeaders(endpoint.received().size() == 1 ? 400 : 410, -1));

        assertThat(send("1", "2")).extracting(Sending::name).containsExactly("Stop", "Stop");
        assertThat(requests()).hasSize(2);
    }

    @Test
    void otherFormsTakeOneEventAtATime() {
        WebhookSender binary = sending.to(endpoint.url(), "'handshake': 'skip'");

        assertThat(binary.maxBatch()).isEqualTo(1);
        assertThat(Sending.get(binary.send(Sending.batch("1", "2")))).hasSize(2);
        assertThat(endpoint.received()).hasSize(2);
    }

    @Test
    void aLargeBatchOfRefusedEventsNeedsNoDeepStack() {
        sending.addresses = new CallableAddresses(false, List.of());
        sending.terms = sending.terms.withBatchEvents(5_000);
        WebhookSender unreachable = sending.to(endpoint.url(), "'format': 'batch', 'handshake': 'skip'");
        String[] ids = java.util.stream.IntStream.range(0, 5_000)
                .mapToObj(Integer::toString)
                .toArray(String[]::new);

        assertThat(Sending.get(unreachable.send(Sending.batch(ids))))
                .hasSize(5_000)
                .allMatch(outcome -> outcome instanceof Outcome.Stop);
    }
}
