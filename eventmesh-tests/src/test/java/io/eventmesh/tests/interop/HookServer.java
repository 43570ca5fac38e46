package io.eventmesh.tests.interop;

import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.eventmesh.common.thread.NamedThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** A webhook's subscriber as users of the SDK write it: it answers form posts with {@code {"retCode": n}}. */
final class HookServer implements AutoCloseable {
    /** One post as it came. */
    record Post(Map<String, String> headers, Map<String, String> form) {
        String content() {
            return form.getOrDefault("content", "");
        }
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(4, new NamedThreads("hook"));
    private final List<Post> posts = new CopyOnWriteArrayList<>();
    private final Function<Post, String> answer;

    /** @param answer what to answer a post with; the post is among {@link #posts} already */
    HookServer(Function<Post, String> answer) {
        this.answer = answer;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        server.createContext("/", this::take);
        server.setExecutor(threads);
        server.start();
    }

    /** Says OK to everything. */
    static HookServer content() {
        return new HookServer(post -> "{\"retCode\":1,\"retMsg\":\"ok\"}");
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/hook";
    }

    List<Post> posts() {
        return List.copyOf(posts);
    }

    List<String> contents() {
        return posts.stream().map(Post::content).toList();
    }

    List<String> awaitContents(int count) {
        await("%d posts".formatted(count)).atMost(Duration.ofSeconds(30)).until(() -> posts.size() >= count);
        return contents();
    }

    private void take(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        Map<String, String> headers = new LinkedHashMap<>();
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values.get(0)));
        Map<String, String> form = new LinkedHashMap<>();
        for (String pair : body.split("&", -1)) {
            int at = pair.indexOf('=');
            if (at > 0) {
                form.put(pair.substring(0, at), URLDecoder.decode(pair.substring(at + 1), StandardCharsets.UTF_8));
            }
        }
        Post post = new Post(headers, form);
        posts.add(post);
        byte[] reply = answer.apply(post).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("content-type", "application/json");
        exchange.sendResponseHeaders(200, reply.length);
        exchange.getResponseBody().write(reply);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
