package io.eventmesh.sdk.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.MeshEndpoint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

class SeedDiscoveryTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    private final List<List<MeshEndpoint>> told = new CopyOnWriteArrayList<>();

    @Test
    void aGrpcSeedIsUsableAtOnceAndNamesTheOthers() {
        try (TestRuntime runtime = TestRuntime.started("a")) {
            MeshEndpoint other = new MeshEndpoint("b", "127.0.0.1:1", "http://127.0.0.1:2");
            runtime.mesh.answerEndpoints(List.of(other, runtime.endpoint()));
            String address = runtime.endpoint().grpc();
            try (SeedDiscovery discovery = new SeedDiscovery(List.of(address))) {
                discovery.start(told::add);

                await().atMost(SOON).until(() -> told.size() == 2);
                assertThat(told.get(0)).containsExactly(new MeshEndpoint(address, address, ""));
                assertThat(told.get(1)).containsExactly(runtime.endpoint(), other);
            }
        }
    }

    @Test
    void anHttpSeedIsAskedForTheOthersByTheToken() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        byte[] answer =
                "{\"more\":{\"endpoints\":[]},\"endpoints\":[{\"runtime\":\"a\",\"since\":[1,{}],\"grpc\":\"h:1\",\"http\":\"http://h:2\"}]}"
                        .getBytes(StandardCharsets.UTF_8);
        List<String> tokens = new CopyOnWriteArrayList<>();
        server.createContext("/v1/endpoints", exchange -> {
            tokens.add(exchange.getRequestHeaders().getFirst("Authorization"));
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        try (SeedDiscovery discovery = new SeedDiscovery(
                List.of("http://127.0.0.1:" + server.getAddress().getPort() + "/"),
                RemoteOptions.defaults().toBuilder()
                        .token(() -> Secret.of("t1"))
                        .build())) {
            discovery.start(told::add);

            await().atMost(SOON).until(() -> !told.isEmpty());
            assertThat(told).containsExactly(List.of(new MeshEndpoint("a", "h:1", "http://h:2")));
            assertThat(tokens).contains("Bearer t1");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whoeverWasNamedIsAskedWhenTheSeedIsGoneAndSoonAfterARefresh() {
        TestRuntime seed = TestRuntime.started("a");
        try (TestRuntime other = TestRuntime.started("b")) {
            seed.mesh.answerEndpoints(List.of(seed.endpoint(), other.endpoint()));
            try (SeedDiscovery discovery =
                    new SeedDiscovery(List.of(seed.endpoint().grpc()))) {
                discovery.refresh();
                discovery.start(told::add);
                await().atMost(SOON).until(() -> told.size() == 2);

                seed.close();
                other.mesh.answerEndpoints(List.of(other.endpoint()));
                discovery.refresh();
                discovery.refresh();

                await().atMost(SOON).until(() -> told.size() == 3);
                assertThat(told.get(2)).containsExactly(other.endpoint());
            }
        }
    }

    @Test
    void anAnswerOfAnotherShapeIsNone() {
        for (String json :
                List.of("", "[]", "{\"endpoints\":1}", "{\"endpoints\":[1]}", "{\"endpoints\":[", "<html>")) {
            assertThatThrownBy(() -> EndpointQuery.parse(json.getBytes(StandardCharsets.UTF_8)))
                    .as(json)
                    .isInstanceOf(IOException.class);
        }
    }

    @Test
    void anAddressOfAnotherKindIsRefused() {
        for (String seed : List.of("", "ftp://x:1", "host", "host:port", "zk://h:2181", "http://")) {
            assertThatThrownBy(() -> new SeedDiscovery(List.of(seed)))
                    .as(seed)
                    .isInstanceOf(EventMeshException.class)
                    .hasMessageContaining("expected");
        }
    }

    @Test
    void nobodyIsAskedBeforeStartAndNoThreadIsLeftAfterClose() {
        SeedDiscovery discovery = new SeedDiscovery(List.of("127.0.0.1:1"));
        await().atMost(SOON).until(() -> threads().isEmpty());
        discovery.start(told::add);
        await().atMost(SOON).until(() -> !told.isEmpty());

        discovery.close();
        discovery.close();

        // A thread that has ended its work is listed a moment longer.
        await().atMost(SOON).until(() -> threads().isEmpty());
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("mesh-client-discovery") || name.startsWith("mesh-client-seed"))
                .toList();
    }
}
