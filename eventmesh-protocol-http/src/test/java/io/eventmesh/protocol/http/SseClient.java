package io.eventmesh.protocol.http;

import io.eventmesh.common.thread.NamedThreads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** Reads a stream of server-sent events as a browser does. */
final class SseClient implements AutoCloseable {
    /** The fields of one event; lines of data are joined by line feeds. */
    final List<Map<String, String>> events = new CopyOnWriteArrayList<>();

    final List<String> comments = new CopyOnWriteArrayList<>();
    final HttpResponse<InputStream> answer;
    volatile boolean ended;

    SseClient(HttpClient http, URI uri, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).header("accept", "text/event-stream");
        answer = http.send(
                (headers.length == 0 ? request : request.headers(headers)).build(), BodyHandlers.ofInputStream());
        NamedThreads.named("sse-client", this::read).start();
    }

    private void read() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8))) {
            Map<String, String> fields = new HashMap<>();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.isEmpty()) {
                    if (fields.containsKey("data")) {
                        events.add(Map.copyOf(fields));
                    }
                    fields.clear();
                } else if (line.startsWith(":")) {
                    comments.add(line);
                } else {
                    int colon = line.indexOf(':');
                    fields.merge(
                            line.substring(0, colon), line.substring(colon + 1).strip(), (a, b) -> a + "\n" + b);
                }
            }
        } catch (IOException broken) {
            // ended, as below
        }
        ended = true;
    }

    @Override
    public void close() throws IOException {
        answer.body().close();
    }
}
