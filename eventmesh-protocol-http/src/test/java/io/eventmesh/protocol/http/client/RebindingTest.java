package io.eventmesh.protocol.http.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.net.AddressRange;
import io.eventmesh.common.net.CallableAddresses;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.dns.AddressResolverOptions;
import io.vertx.core.http.HttpMethod;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** A name that leads elsewhere from one moment to the next, by a real name server and real servers. */
class RebindingTest {
    private static final String OUTSIDE = "127.0.0.1";
    private static final String INSIDE = "127.0.0.2";

    private final AtomicInteger outside = new AtomicInteger();
    private final AtomicInteger inside = new AtomicInteger();
    private NameServer names;
    private HttpServer first;
    private HttpServer second;
    private Vertx vertx;

    @BeforeEach
    void listen() throws IOException {
        names = new NameServer();
        first = server(OUTSIDE, 0, outside);
        second = server(INSIDE, first.getAddress().getPort(), inside);
        // Netty keeps an answer, also one that may not be kept, until its loop's next turn; not so with a limit of 0 s
        vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setAddressResolverOptions(new AddressResolverOptions()
                        .addServer(names.address())
                        .setOptResourceEnabled(false)
                        .setCacheMaxTimeToLive(0)));
    }

    @AfterEach
    void stop() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
        first.stop(0);
        second.stop(0);
        names.close();
    }

    private static HttpServer server(String host, int port, AtomicInteger requests) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(host, port), 0);
        server.createContext("/", exchange -> {
            requests.incrementAndGet();
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    private Caller caller(String allowed) {
        CallableAddresses callable = new CallableAddresses(false, List.of(AddressRange.of(allowed)));
        return new Caller(vertx.getOrCreateContext(), () -> {}, callable, 4, 1_024);
    }

    private int call(Caller caller) {
        String url = "http://hook.example:%d/".formatted(first.getAddress().getPort());
        Message message =
                new Message(HttpMethod.POST, url, MultiMap.caseInsensitiveMultiMap(), Buffer.buffer("x"), "1");
        try {
            return caller.onLoop(() -> caller.call(message, Duration.ofSeconds(15)))
                    .toCompletionStage()
                    .toCompletableFuture()
                    .orTimeout(20, TimeUnit.SECONDS)
                    .join()
                    .status();
        } catch (CompletionException failed) {
            throw EventMeshException.of(failed);
        }
    }

    @RepeatedTest(20)
    void whatWasCheckedIsWhatIsConnected() {
        names.answer(OUTSIDE, INSIDE, OUTSIDE, INSIDE);
        try (Caller caller = caller(OUTSIDE)) {
            for (int i = 0; i < 2; i++) {
                assertThat(call(caller)).isEqualTo(204);
                assertThatThrownBy(() -> call(caller)).isInstanceOfSatisfying(EventMeshException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.PERMISSION_DENIED);
                    assertThat(refused.reason()).contains("hook.example", INSIDE);
                });
            }
        }
        assertThat(outside).hasValue(2);
        assertThat(inside).hasValue(0);
    }

    @Test
    void ofSeveralAddressesOnlyThoseAreConnectedThatMayBe() {
        names.answer("10.0.0.1," + INSIDE + "," + OUTSIDE);
        try (Caller caller = caller(OUTSIDE)) {
            assertThat(call(caller)).isEqualTo(204);
            assertThat(call(caller)).isEqualTo(204);
        }
        assertThat(outside).hasValue(2);
        assertThat(inside).hasValue(0);
    }

    @Test
    void anAddressThatCannotBeConnectedIsFollowedByTheNext() {
        names.answer("127.0.0.3," + OUTSIDE);
        try (Caller caller = caller("127.0.0.0/8")) {
            assertThatThrownBy(() -> call(caller)).hasMessageContaining("not reached");
            assertThat(call(caller)).isEqualTo(204);
        }
    }
}
