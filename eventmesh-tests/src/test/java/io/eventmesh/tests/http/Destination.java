package io.eventmesh.tests.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A foreign HTTP server that is busy now and then: every 7th request is answered 429, every 11th 503. */
final class Destination implements AutoCloseable {
    /** What it took. */
    record Taken(String id, String body) {}

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(8, new NamedThreads("destination"));
    private final List<Taken> taken = new CopyOnWriteArrayList<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger told = new AtomicInteger();

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

    /** How often it said that it was busy. */
    int refusals() {
        return told.get();
    }

    private void serve(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        int number = requests.incrementAndGet();
        int status = number % 7 == 0 ? 429 : number % 11 == 0 ? 503 : 204;
        if (status == 204) {
            taken.add(new Taken(exchange.getRequestHeaders().getFirst("ce-id"), body));
        } else {
            told.incrementAndGet();
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
