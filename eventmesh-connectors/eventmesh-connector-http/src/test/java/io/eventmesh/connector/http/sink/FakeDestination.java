package io.eventmesh.connector.http.sink;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A real HTTP server that writes down what it took (answered 2xx) and answers by a script, 200 when that is over. */
final class FakeDestination implements AutoCloseable {
    /** What came. */
    record Request(String method, String uri, Headers headers, String body) {}

    /** What is answered. */
    record Reply(int status, Map<String, String> headers, String body) {
        static Reply of(int status) {
            return new Reply(status, Map.of(), "");
        }
    }

    /** How the names of its threads begin. */
    static final String THREADS = "destination";

    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool(new NamedThreads(THREADS));
    private final Queue<Function<Request, Reply>> script = new ConcurrentLinkedQueue<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile Function<Request, Reply> rule = request -> Reply.of(200);
    final List<Request> seen = new CopyOnWriteArrayList<>();
    final List<Request> taken = new CopyOnWriteArrayList<>();

    FakeDestination() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::serve);
        server.setExecutor(threads);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:%d".formatted(server.getAddress().getPort());
    }

    /** Answers the next request so, before the rule. */
    void next(Reply reply) {
        script.add(request -> reply);
    }

    void next(int status) {
        next(Reply.of(status));
    }

    void always(Function<Request, Reply> answer) {
        rule = answer;
    }

    /** Does not answer until this server is closed, or 30 s. */
    Reply hang() {
        try {
            over.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
        return Reply.of(500);
    }

    private void serve(HttpExchange exchange) throws IOException {
        Request request = new Request(
                exchange.getRequestMethod(),
                exchange.getRequestURI().toString(),
                exchange.getRequestHeaders(),
                new String(exchange.getRequestBody().readAllBytes(), UTF_8));
        seen.add(request);
        Function<Request, Reply> scripted = script.poll();
        Reply reply = (scripted == null ? rule : scripted).apply(request);
        if (reply.status() >= 200 && reply.status() < 300) {
            taken.add(request);
        }
        reply.headers().forEach(exchange.getResponseHeaders()::set);
        byte[] body = reply.body().getBytes(UTF_8);
        exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Override
    public void close() {
        over.countDown();
        server.stop(0);
        threads.shutdownNow();
    }
}
