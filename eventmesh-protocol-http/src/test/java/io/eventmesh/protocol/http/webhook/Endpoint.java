package io.eventmesh.protocol.http.webhook;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A destination on a real HTTP server that records what comes and answers as the test says. Thread-safe. */
final class Endpoint implements AutoCloseable {
    /** One request as it came. */
    record Received(String method, String uri, Headers headers, Buffer body) {
        String header(String name) {
            return headers.getFirst(name);
        }
    }

    interface Answering {
        void answer(HttpExchange exchange) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Received> received = new CopyOnWriteArrayList<>();
    private volatile Answering answering;

    Endpoint(Answering answering) throws IOException {
        this.answering = answering;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            try (exchange) {
                Headers headers = new Headers();
                // the server empties its own when the exchange ends
                headers.putAll(exchange.getRequestHeaders());
                received.add(new Received(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().toString(),
                        headers,
                        Buffer.buffer(exchange.getRequestBody().readAllBytes())));
                this.answering.answer(exchange);
            }
        });
        server.start();
    }

    static Answering status(int status, String... headers) {
        return exchange -> {
            for (int i = 0; i < headers.length; i += 2) {
                exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
            }
            exchange.sendResponseHeaders(status, -1);
        };
    }

    static Answering body(byte[] body) {
        return exchange -> {
            exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        };
    }

    void answer(Answering other) {
        answering = other;
    }

    List<Received> received() {
        return received;
    }

    int port() {
        return server.getAddress().getPort();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook?token=secret";
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
