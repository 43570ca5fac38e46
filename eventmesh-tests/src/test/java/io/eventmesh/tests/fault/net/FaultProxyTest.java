package io.eventmesh.tests.fault.net;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

class FaultProxyTest {
    private static final int SHORT_MILLIS = 150;
    private static final int LONG_MILLIS = 10_000;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final AtomicLong heard = new AtomicLong();
    private ServerSocket echo;
    private FaultProxy proxy;
    private Future<?> accepting;

    @BeforeEach
    void begin() throws IOException {
        echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        accepting = threads.submit(() -> {
            while (!echo.isClosed()) {
                Socket client = echo.accept();
                threads.execute(() -> echo(client));
            }
            return null;
        });
        proxy = new FaultProxy("127.0.0.1", echo.getLocalPort(), new Random(1));
    }

    @AfterEach
    void end() throws IOException {
        proxy.close();
        echo.close();
        accepting.cancel(true);
        threads.shutdownNow();
    }

    private void echo(Socket client) {
        try (client) {
            byte[] buffer = new byte[8_192];
            for (int count = client.getInputStream().read(buffer);
                    count >= 0;
                    count = client.getInputStream().read(buffer)) {
                heard.addAndGet(count);
                client.getOutputStream().write(buffer, 0, count);
            }
        } catch (IOException broken) {
            heard.addAndGet(0);
        }
    }

    private Socket connect() throws IOException {
        Socket client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setTcpNoDelay(true);
        client.setSoTimeout(LONG_MILLIS);
        return client;
    }

    private static void say(Socket client, String text) throws IOException {
        client.getOutputStream().write(text.getBytes(UTF_8));
    }

    private static String hear(Socket client, int count) throws IOException {
        return new String(client.getInputStream().readNBytes(count), UTF_8);
    }

    private static void assertSilent(Socket client) throws IOException {
        client.setSoTimeout(SHORT_MILLIS);
        assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        client.setSoTimeout(LONG_MILLIS);
    }

    @Test
    void bytesPassUnchangedWhenNothingIsWrong() throws Exception {
        byte[] many = new byte[3 << 20];
        new Random(2).nextBytes(many);
        try (Socket client = connect()) {
            Future<byte[]> back = threads.submit(() -> client.getInputStream().readNBytes(many.length));
            OutputStream out = client.getOutputStream();
            out.write(many);

            assertThat(Arrays.equals(back.get(), many)).isTrue();
            assertThat(proxy.connections()).isEqualTo(1);
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> proxy.connections() == 0);
    }

    @RepeatedTest(20)
    void aCutEndsConnectionsAndRefusesNewOnesUntilItHeals() throws Exception {
        try (Socket client = connect()) {
            say(client, "a");
            assertThat(hear(client, 1)).isEqualTo("a");

            proxy.cut();

            assertThat(client.getInputStream().read()).isEqualTo(-1);
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
        }
        proxy.heal();
        assertWell();
    }

    @Test
    void aResetBreaksConnectionsAndTakesNewOnes() throws Exception {
        try (Socket client = connect()) {
            say(client, "a");
            assertThat(hear(client, 1)).isEqualTo("a");

            proxy.reset();

            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
        assertWell();
    }

    @Test
    void aConnectionBreaksInTheMiddleAfterSoManyBytes() throws Exception {
        proxy.resetAfter(Way.TO_SERVER, 3);
        try (Socket client = connect()) {
            say(client, "abcdef");

            InputStream in = client.getInputStream();
            assertThatThrownBy(in::readAllBytes).isInstanceOf(SocketException.class);
            await().atMost(Duration.ofSeconds(5)).until(() -> heard.get() == 3);
        }
        assertWell();
    }

    @Test
    void aStalledWayKeepsWhatIsSentUntilItHeals() throws Exception {
        try (Socket client = connect()) {
            proxy.stall(Way.TO_SERVER);
            say(client, "abc");
            assertSilent(client);
            assertThat(heard).hasValue(0);

            proxy.heal();

            assertThat(hear(client, 3)).isEqualTo("abc");
        }
    }

    @Test
    void aStalledWayBackKeepsAnswersUntilItHeals() throws Exception {
        try (Socket client = connect()) {
            proxy.stall(Way.TO_CLIENT);
            say(client, "abc");
            await().atMost(Duration.ofSeconds(5)).until(() -> heard.get() == 3);
            assertSilent(client);

            proxy.heal();

            assertThat(hear(client, 3)).isEqualTo("abc");
        }
    }

    @Test
    void aClientOfAStalledLinkCanBeConnectedAndHearsNothing() throws Exception {
        proxy.stall(Way.values());
        try (Socket client = connect()) {
            say(client, "a");
            assertSilent(client);
            proxy.heal();
            assertThat(hear(client, 1)).isEqualTo("a");
        }
    }

    @Test
    void whatIsSwallowedNeverComesAndTheConnectionEndsWhenAllHeals() throws Exception {
        try (Socket client = connect()) {
            proxy.swallow(Way.TO_SERVER);
            say(client, "abc");
            assertSilent(client);

            proxy.heal();

            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
            assertThat(heard).hasValue(0);
        }
        assertWell();
    }

    @Test
    void delayedBytesComeLateAndInOrder() throws Exception {
        MeshClock clock = MeshClock.system();
        proxy.delay(Duration.ofMillis(30), Duration.ofMillis(30));
        try (Socket client = connect()) {
            long begin = clock.nanoTime();
            StringBuilder said = new StringBuilder();
            for (int i = 0; i < 50; i++) {
                String text = i + ";";
                said.append(text);
                say(client, text);
            }

            assertThat(hear(client, said.length())).isEqualTo(said.toString());
            assertThat(Duration.ofNanos(clock.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(60));
        }
    }

    @Test
    void aClientThatClosesHasItsDelayedBytesDelivered() throws Exception {
        proxy.delay(Duration.ofMillis(100), Duration.ZERO);
        try (Socket client = connect()) {
            say(client, "abc");
        }
        await().atMost(Duration.ofSeconds(5)).until(() -> heard.get() == 3);
    }

    @Test
    void aNarrowLineTakesItsTime() throws Exception {
        MeshClock clock = MeshClock.system();
        proxy.bandwidth(100_000);
        try (Socket client = connect()) {
            long begin = clock.nanoTime();
            client.getOutputStream().write(new byte[20_000]);
            client.getInputStream().readNBytes(20_000);

            assertThat(Duration.ofNanos(clock.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(200));
        }
    }

    @Test
    void aServerThatIsNotThereIsMetAsAReset() throws Exception {
        echo.close();
        try (Socket client = connect()) {
            assertThatThrownBy(() -> client.getInputStream().read()).isInstanceOf(SocketException.class);
        }
    }

    private void assertWell() throws IOException {
        try (Socket client = connect()) {
            say(client, "well");
            assertThat(hear(client, 4)).isEqualTo("well");
        }
    }
}
