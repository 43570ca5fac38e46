package io.eventmesh.tests.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A foreign HTTP server that is busy now and then: some requests are answered 429, others 503. */
final class Destination implements AutoCloseable {
    /** What it took. */
    record Taken(String id, String body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(8, new NamedThreads("destination"));
    private final List<Taken> taken = new CopyOnWriteArrayList<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final Set<Integer> refusals = ConcurrentHashMap.newKeySet();

    Destination() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.setExecutor(threads);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:%d".formatted(server.getAddress().getPort());
    }

    List<Taken> taken() {
        return List.copyOf(taken);
    }

    /** With which statuses it said that it was busy. */
    Set<Integer> refusals() {
        return Set.copyOf(refusals);
    }

    private void serve(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        int number = requests.incrementAndGet();
        int status = number % 25 == 5 ? 429 : number % 20 == 0 ? 503 : 204;
        if (status == 204) {
            taken.add(new Taken(exchange.getRequestHeaders().getFirst("ce-id"), body));
        } else {
            refusals.add(status);
            exchange.getResponseHeaders().set("Retry-After", "1");
        }
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
