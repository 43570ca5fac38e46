package io.eventmesh.tests.connect;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.thread.NamedThreads;
import io.eventmesh.common.time.MeshClock;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A webhook that takes every event and writes down when it came. */
final class Hook implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * An event as it was posted in binary mode.
     *
     * @param at on the clock of {@link MeshClock#system}
     */
    record Came(String id, String type, String subject, JsonNode data, long at) {
        /** What happened to the row, in Debezium's letters. */
        String operation() {
            return data.path("op").asText();
        }

        /** The number of the row after the change, also when only the row is told. */
        int row() {
            return data.path("after").path("id").asInt(data.path("id").asInt(-1));
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(8, new NamedThreads("hook"));
    private final List<Came> came = new CopyOnWriteArrayList<>();
    private final MeshClock clock = MeshClock.system();

    Hook() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::take);
        server.setExecutor(threads);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
    }

    /** Everything that came, in the order it came in. */
    List<Came> events() {
        return List.copyOf(came);
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void take(HttpExchange exchange) throws IOException {
        long at = clock.nanoTime();
        byte[] body = exchange.getRequestBody().readAllBytes();
        came.add(new Came(
                header(exchange, "ce-id"),
                header(exchange, "ce-type"),
                header(exchange, "ce-subject"),
                body.length == 0 ? JSON.nullNode() : JSON.readTree(body),
                at));
        exchange.sendResponseHeaders(204, -1);
        exchange.close();
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }
}
