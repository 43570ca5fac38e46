package io.eventmesh.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** A real HTTP server that answers as it was told, and the command line run against it. */
final class ScriptedAdmin implements AutoCloseable {
    /** One answer; {@code etag} empty for none. */
    private record Answer(int status, String etag, String body) {}

    private final HttpServer server;
    private final Map<String, List<Answer>> answers = new LinkedHashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    ScriptedAdmin() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        server.createContext("/", exchange -> {
            String call = exchange.getRequestMethod() + " " + exchange.getRequestURI();
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String condition = exchange.getRequestHeaders().getFirst("if-match");
            requests.add(
                    call + (condition == null ? "" : " if-match " + condition) + (body.isEmpty() ? "" : " " + body));
            Answer answer = next(call);
            if (!answer.etag().isEmpty()) {
                exchange.getResponseHeaders().add("ETag", answer.etag());
            }
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
    }

    private Answer next(String call) {
        List<Answer> left = answers.getOrDefault(call, List.of());
        if (left.isEmpty()) {
            return new Answer(404, "", "{\"name\":\"NOT_FOUND\",\"code\":1202,\"detail\":\"nothing at " + call + "\"}");
        }
        return left.size() > 1 ? left.remove(0) : left.get(0);
    }

    /** The last answer to a call is repeated. */
    ScriptedAdmin on(String call, int status, String body) {
        return on(call, status, "", body);
    }

    ScriptedAdmin on(String call, int status, String etag, String body) {
        answers.computeIfAbsent(call, any -> new ArrayList<>()).add(new Answer(status, etag, body.replace('\'', '"')));
        return this;
    }

    /** Runs a command line; the exit code. */
    int run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(
                List.of("--admin-url", "http://127.0.0.1:" + server.getAddress().getPort()));
        return Main.run(new PrintWriter(out, true), new PrintWriter(err, true), all.toArray(String[]::new));
    }

    List<String> requests() {
        return requests;
    }

    String out() {
        return out.toString();
    }

    String err() {
        return err.toString();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
