package io.eventmesh.protocol.http;

import static io.eventmesh.protocol.http.DoorFixture.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.spi.mesh.MeshEndpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SlowClientsTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final String POST = "POST /v1/topics/orders/events HTTP/1.1\r\nHost: localhost\r\n";
    private DoorFixture fixture = new DoorFixture();

    @AfterEach
    void close() {
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "P", "PRI * HT", POST, POST + "X-Slow: a"})
    void aHeadThatDoesNotComeClosesTheConnection(String part) throws Exception {
        door(DoorFixture.config(SHORT, LONG, LONG, LONG, LONG));
        try (RawHttp client = new RawHttp(fixture.port())) {
            client.send(part);

            assertThat(client.readAll()).isEmpty();
        }
    }

    @Test
    void aHeadThatComesByteByByteIsNotWaitedFor() throws Exception {
        door(DoorFixture.config(SHORT, LONG, LONG, LONG, LONG));
        try (RawHttp client = new RawHttp(fixture.port())) {
            client.send(POST + "Content-Length: 0\r\n\r\n");
            client.readUntil("\r\n\r\n");
            client.send(POST);

            await().atMost(SOON).pollInterval(Duration.ofMillis(30)).until(() -> {
                try {
                    client.send("x");
                    return false;
                } catch (IOException closed) {
                    return true;
                }
            });
        }
    }

    @Test
    void aBodyThatDoesNotComeIsAnsweredAndTheConnectionClosed() throws Exception {
        door(DoorFixture.config(LONG, SHORT, LONG, LONG, LONG));
        try (RawHttp client = new RawHttp(fixture.port())) {
            client.send(POST + "Content-Length: 1000\r\n\r\nhello");

            String answer = client.readAll();

            assertThat(answer).startsWith("HTTP/1.1 408").contains("connection: close", "5 bytes in");
            assertThat(fixture.mesh.published()).isEmpty();
        }
    }

    @Test
    void aConnectionWithoutRequestIsClosedAndOneWithARequestIsNot() throws Exception {
        door(DoorFixture.config(LONG, LONG, SHORT, LONG, LONG));
        try (RawHttp idle = new RawHttp(fixture.port());
                RawHttp waiting = new RawHttp(fixture.port())) {
            waiting.send("GET /v1/topics/orders/events?group=g&wait=1s HTTP/1.1\r\nHost: localhost\r\n\r\n");
            idle.send(POST + "Content-Length: 0\r\n\r\n");

            assertThat(idle.readAll()).startsWith("HTTP/1.1 200");
            assertThat(waiting.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 204");
        }
    }

    @Test
    void aLargeBodyIsRefusedBeforeItComes() throws Exception {
        try (RawHttp client = new RawHttp(fixture.port())) {
            client.send(POST + "Content-Length: 5000000\r\nExpect: 100-continue\r\n\r\n");

            assertThat(client.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 413").doesNotContain("100 Continue");
        }
    }

    @Test
    void whoAsksWhetherToSendItsBodyIsToldTo() throws Exception {
        try (RawHttp client = new RawHttp(fixture.port())) {
            client.send(POST + "Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n");
            assertThat(client.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 100");
            client.send("hello");

            assertThat(client.readAll()).startsWith("HTTP/1.1 200");
        }
    }

    @Test
    void aClientThatAsksOnAndDoesNotReadIsStoppedAndCutOff() throws Exception {
        door(DoorFixture.config(SHORT, LONG, SHORT, LONG, LONG));
        String wide = "http://" + "x".repeat(500_000);
        fixture.mesh.answerEndpoints(List.of(new MeshEndpoint("r1", "g", wide)));
        byte[] requests = "GET /v1/endpoints HTTP/1.1\r\nHost: localhost\r\n\r\n"
                .repeat(1_000)
                .getBytes(StandardCharsets.US_ASCII);
        AtomicLong taken = new AtomicLong();
        try (SocketChannel client =
                SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), fixture.port()))) {
            client.configureBlocking(false);

            await().atMost(SOON).pollInterval(Duration.ofMillis(5)).until(() -> {
                try {
                    taken.addAndGet(client.write(ByteBuffer.wrap(requests)));
                    return false;
                } catch (IOException closed) {
                    return true;
                }
            });
        }
        assertThat(taken.get()).as("what buffers on the way hold").isLessThan(20_000_000);
    }

    @Test
    void aClientThatGoesAwayInTheMiddlePublishesNothing() throws Exception {
        try (RawHttp client = new RawHttp(fixture.port())) {
            client.send(POST + "Content-Length: 1000\r\n\r\nhello");
            client.halfClose();

            client.readAll();
        }
        assertThat(fixture.mesh.published()).isEmpty();
    }

    @Test
    void connectionsOverTheBoundAreClosedAndTakenAgainLater() throws Exception {
        door(DoorFixture.bounds(3, 10));
        List<RawHttp> open = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            RawHttp client = new RawHttp(fixture.port());
            client.send(POST + "Content-Length: 0\r\n\r\n");
            client.readUntil("\r\n\r\n");
            open.add(client);
        }
        try (RawHttp tooMany = new RawHttp(fixture.port())) {
            assertThat(tooMany.readAll()).isEmpty();
        }

        open.remove(0).close();

        await().atMost(SOON).until(() -> {
            try (RawHttp client = new RawHttp(fixture.port())) {
                client.send(POST + "Content-Length: 0\r\nConnection: close\r\n\r\n");
                return client.readAll().startsWith("HTTP/1.1 200");
            } catch (IOException closed) {
                return false;
            }
        });
        for (RawHttp client : open) {
            client.close();
        }
    }

    private void door(HttpConfig config) {
        fixture.close();
        fixture = new DoorFixture(config);
    }
}
