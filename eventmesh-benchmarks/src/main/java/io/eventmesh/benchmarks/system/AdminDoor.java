package io.eventmesh.benchmarks.system;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;

/** The REST side of a server's admin. */
final class AdminDoor {
    private final HttpClient client = HttpClient.newHttpClient();
    private final String url;

    AdminDoor(ServerProcess server) {
        this.url = server.printed("^Admin:\\s+(http://[^/\\s]+)") + "/api/v1/";
    }

    void putRule(String name, String document) throws IOException, InterruptedException {
        call(request("rules/" + name)
                .header("content-type", "application/json")
                .PUT(BodyPublishers.ofString(document))
                .build());
    }

    String get(String path) throws IOException, InterruptedException {
        return call(request(path).build());
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path));
    }

    private String call(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request, BodyHandlers.ofString());
        if (answer.statusCode() / 100 != 2) {
            throw new IOException("%s: %d %s".formatted(request.uri(), answer.statusCode(), answer.body()));
        }
        return answer.body();
    }
}
