package io.eventmesh.protocol.http.webhook;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.target.Outcome;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Destinations that misbehave, on real sockets. */
class WebhookFaultsTest {
    private static final String HEAD = "HTTP/1.1 200 OK\r\n";

    /** What a destination does with a connection, once it has read the head of a request. */
    private interface Misbehaviour {
        void answer(Socket socket, OutputStream out) throws IOException, InterruptedException;
    }

    private final Sending sending = new Sending();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicInteger connections = new AtomicInteger();
    private final CountDownLatch over = new CountDownLatch(1);
    private ServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        sending.terms = sending.terms.withTimeout(Duration.ofSeconds(15));
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void stop() throws IOException {
        over.countDown();
        sending.close();
        server.close();
        threads.shutdownNow();
    }

    private void serve(Misbehaviour misbehaviour) {
        threads.execute(() -> {
            while (!server.isClosed()) {
                try {
                    Socket socket = server.accept();
                    connections.incrementAndGet();
                    threads.execute(() -> {
                        try (socket) {
                            byte[] head = new byte[8_192];
                            while (socket.getInputStream().read(head) > 0) {
                                misbehaviour.answer(socket, socket.getOutputStream());
                            }
                        } catch (IOException | InterruptedException gone) {
                            // as the test wants it
                        }
                    });
                } catch (IOException closed) {
                    return;
                }
            }
        });
    }

    private WebhookSender sender() {
        return sending.to(
                "http://127.0.0.1:%d/hook?token=secret".formatted(server.getLocalPort()), "'handshake': 'skip'");
    }

    private Outcome send() {
        return Sending.get(sender().send(Sending.record("1"), 1));
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(US_ASCII));
        out.flush();
    }

    @Test
    void oneThatHangsIsGivenUpInTime() {
        sending.terms = sending.terms.withTimeout(Duration.ofMillis(400));
        serve((socket, out) -> over.await(10, TimeUnit.SECONDS));

        Outcome.Again again = (Outcome.Again) send();

        assertThat(again.reason()).contains("no answer within 400 ms").doesNotContain("secret");
    }

    @Test
    void oneThatNeverAnswersTheConnectionIsGivenUpInTime() {
        sending.terms = sending.terms.withTimeout(Duration.ofMillis(400));
        // the backlog takes the connection, nobody reads
        Outcome.Again again = (Outcome.Again) send();

        assertThat(again.reason()).contains("no answer within 400 ms");
    }

    @Test
    void oneThatResetsIsTriedAgain() {
        serve((socket, out) -> {
            socket.setSoLinger(true, 0);
            socket.close();
        });

        assertThat(send()).isInstanceOf(Outcome.Again.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nonsense\r\n\r\n",
                "HTTP/1.1 abc OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
                "SSH-2.0-OpenSSH_9.2\r\n"
            })
    void oneThatSpeaksNoHttpIsTriedAgain(String answer) {
        serve((socket, out) -> {
            write(out, answer);
            socket.close();
        });

        assertThat(send()).isInstanceOf(Outcome.Again.class);
    }

    @Test
    void headersWithoutEndAreTriedAgain() {
        serve((socket, out) -> {
            write(out, HEAD);
            while (true) {
                write(out, "X-More: " + "a".repeat(1_000) + "\r\n");
            }
        });

        assertThat(send()).isInstanceOf(Outcome.Again.class);
    }

    @Test
    void aBodyWithoutEndIsCutAndTheStatusCounts() {
        AtomicInteger sent = new AtomicInteger();
        serve((socket, out) -> {
            write(out, HEAD + "Transfer-Encoding: chunked\r\n\r\n");
            byte[] chunk = ("1000\r\n" + "a".repeat(4_096) + "\r\n").getBytes(US_ASCII);
            while (true) {
                out.write(chunk);
                sent.incrementAndGet();
            }
        });

        assertThat(send()).isEqualTo(new Outcome.Done());
        assertThat(connections).hasValue(1);
    }

    @Test
    void aBodyThatDripsIsCutInTimeAndTheStatusCounts() {
        sending.terms = sending.terms.withTimeout(Duration.ofMillis(400));
        serve((socket, out) -> {
            write(out, HEAD + "Content-Length: 1000\r\n\r\na");
            over.await(10, TimeUnit.SECONDS);
        });

        assertThat(send()).isEqualTo(new Outcome.Done());
    }

    @Test
    void aBodyThatBreaksOffChangesNothingInTheStatus() {
        serve((socket, out) -> {
            write(out, "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 1000\r\n\r\na");
            socket.close();
        });

        assertThat(((Outcome.Again) send()).delay()).isEqualTo(Duration.ofSeconds(7));
    }

    @Test
    void aConnectionThatIsKeptAndThenClosedIsNoLoss() {
        serve((socket, out) -> {
            write(out, HEAD + "Content-Length: 0\r\n\r\n");
            socket.close();
        });
        WebhookSender sender = sender();

        for (int i = 0; i < 5; i++) {
            // one that was sent into a closing connection comes again; none hangs, none is called done
            Outcome outcome = Sending.get(sender.send(Sending.record("1"), 1));
            assertThat(outcome).isInstanceOfAny(Outcome.Done.class, Outcome.Again.class);
        }
    }

    @Test
    void connectionsToOneTargetAreBounded() {
        sending.terms = sending.terms.withMaxInFlight(3);
        serve((socket, out) -> {
            over.await(10, TimeUnit.SECONDS);
            socket.close();
        });
        WebhookSender sender = sender();
        List<CompletionStage<Outcome>> sent = new ArrayList<>();

        for (int i = 0; i < 40; i++) {
            sent.add(sender.send(Sending.record("e" + i), 1));
        }

        // 3 on their way, 12 waiting
        await().atMost(Duration.ofSeconds(10))
                .untilAsserted(() -> assertThat(sent.stream()
                                .filter(each -> each.toCompletableFuture().isDone()))
                        .hasSizeGreaterThanOrEqualTo(20));
        await().atMost(Duration.ofSeconds(10)).until(() -> connections.get() >= 3);
        assertThat(connections).hasValue(3);
        over.countDown();
        List<Outcome> outcomes = sent.stream().map(Sending::get).toList();
        assertThat(outcomes).allMatch(outcome -> outcome instanceof Outcome.Again);
        assertThat(outcomes)
                .filteredOn(outcome -> ((Outcome.Again) outcome).code() == ErrorCode.OVERLOADED)
                .hasSizeGreaterThanOrEqualTo(20);
    }

    @Test
    void oneThatIsNotThereAndOneThatNobodyKnowsAreTriedAgain() throws IOException {
        int port = server.getLocalPort();
        server.close();

        Outcome absent = Sending.get(sending.to("http://127.0.0.1:%d/".formatted(port), "'handshake': 'skip'")
                .send(Sending.record("1"), 1));
        assertThat(((Outcome.Again) absent).reason()).contains("not reached");

        WebhookSender unknown = sending.to("http://no-such-host.invalid/", "'handshake': 'skip', 'timeout': '10s'");
        assertThat(((Outcome.Again) Sending.get(unknown.send(Sending.record("1"), 1))).reason())
                .contains("no-such-host.invalid", "not found");
    }

    @Test
    void whatIsSentAfterTheEndComesAgain() {
        WebhookSender sender = sender();
        sender.close();

        assertThat(Sending.get(sender.send(Sending.record("1"), 1))).isInstanceOf(Outcome.Again.class);
    }
}
