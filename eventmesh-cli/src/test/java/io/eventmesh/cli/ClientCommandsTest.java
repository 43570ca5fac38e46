package io.eventmesh.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.event.Event;
import io.eventmesh.test.EventMeshTest;
import io.eventmesh.test.MeshProbe;
import io.eventmesh.test.Transport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The commands that are clients of the mesh, against a mesh. */
@EventMeshTest(transport = Transport.GRPC)
class ClientCommandsTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private static Event event(String id, String type) {
        return Event.builder().id(id).source("/t").type(type).text("data-" + id).build();
    }

    @Test
    void aRequestIsPrintedWhereItIsAnsweredAndItsReplyWhereItWasAsked(MeshProbe probe) throws Exception {
        StringWriter answered = new StringWriter();
        StringWriter told = new StringWriter();
        CompletableFuture<Integer> replying = CompletableFuture.supplyAsync(() -> Main.run(
                new PrintWriter(answered, true),
                new PrintWriter(told, true),
                "reply",
                "quotes",
                "re: {{data}}",
                "--count=1",
                "--wait=20",
                "--url",
                probe.address()));
        await().atMost(SOON).until(() -> told.toString().contains("Answering quotes"));

        int exit = run("request", "quotes", "how much?", "--timeout=10s", "--raw", "--url", probe.address());

        assertThat(exit).isZero();
        assertThat(out.toString().trim()).isEqualTo("re: how much?");
        assertThat(replying.get(20, TimeUnit.SECONDS)).isZero();
        assertThat(answered.toString()).contains("quotes").contains("how much?");
    }

    @Test
    void aRequestThatNobodyAnswersEndsWithThreeAndSaysWhatToDo(MeshProbe probe) {
        int exit = run("request", "quotes", "x", "--timeout=200ms", "--url", probe.address());

        assertThat(exit).isEqualTo(CliException.ENVIRONMENT);
        assertThat(err.toString()).contains("DEADLINE_EXCEEDED 3004").contains("→ ");
    }

    @Test
    void aSubscriptionSeesWhatItsFilterAndItsStartLetThrough(EventMesh mesh, MeshProbe probe) {
        mesh.publish("orders", event("1", "a")).join();
        mesh.publish("orders", event("2", "b")).join();

        int exit = run(
                "subscribe",
                "orders",
                "--group=g",
                "--from=2020-01-01T00:00:00Z",
                "--filter=type = 'b'",
                "--count=1",
                "--wait=10",
                "--url",
                probe.address());

        assertThat(exit).isZero();
        assertThat(out.toString()).contains("data-2").doesNotContain("data-1");
    }
}
