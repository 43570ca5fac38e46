package io.eventmesh.tests.rules;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** An HTTP site that takes events in binary mode, answers as the test says and remembers those that it said yes to. */
final class Site implements AutoCloseable {
    /**
     * An event as it was posted.
     *
     * @param header {@code rule/target@revision}, where it is told
     */
    record Call(String id, String key, String body, String header) {}

    /** @param headers of an event in binary mode, where one is answered */
    record Answer(int status, Map<String, String> headers, String body) {
        static final Answer YES = new Answer(204, Map.of(), "");

        static Answer no(int status) {
            return new Answer(status, Map.of(), "no");
        }

        boolean isYes() {
            return status / 100 == 2;
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(8, new NamedThreads("site"));
    private final List<Call> taken = new CopyOnWriteArrayList<>();
    private final Function<Call, Answer> answers;

    Site(Function<Call, Answer> answers) throws IOException {
        this.answers = answers;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    /** What it said yes to, in the order in which it came. */
    List<Call> taken() {
        return List.copyOf(taken);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] body = exchange.getRequestBody().readAllBytes();
            Call call = new Call(
                    header(exchange, "ce-id"),
                    header(exchange, "ce-partitionkey"),
                    new String(body, StandardCharsets.UTF_8),
                    header(exchange, "eventmesh-target"));
            Answer answer = answers.apply(call);
            if (answer.isYes()) {
                taken.add(call);
            }
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] text = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), text.length == 0 ? -1 : text.length);
            exchange.getResponseBody().write(text);
        }
    }

    private static String header(HttpExchange exchange, String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
