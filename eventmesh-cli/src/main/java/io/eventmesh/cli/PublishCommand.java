package io.eventmesh.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code eventmesh publish TOPIC [DATA|-]}. */
@Command(name = "publish", description = "Publishes events to a topic; says where each is stored.")
final class PublishCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "Such as orders/eu/created.")
    String topic = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "DATA", description = "The data; - reads standard input.")
    @Nullable
    String data;

    @Option(
            names = {"-t", "--type"},
            defaultValue = "cli.published",
            description = "Default: ${DEFAULT-VALUE}.")
    String type = "";

    @Option(
            names = {"-s", "--source"},
            defaultValue = "/cli",
            description = "Default: ${DEFAULT-VALUE}.")
    String source = "";

    @Option(names = "--id", description = "Default: a random one.")
    @Nullable
    String id;

    @Option(
            names = {"-k", "--key"},
            description = "Events of one key keep their order.")
    @Nullable
    String key;

    @Option(
            names = {"-H", "--attribute"},
            paramLabel = "NAME=VALUE",
            description = "A further attribute; repeatable.")
    Map<String, String> attributes = new LinkedHashMap<>();

    @Option(names = "--content-type", description = "Default: application/json when the data is JSON, else text/plain.")
    @Nullable
    String contentType;

    @Option(names = "--count", defaultValue = "1", description = "How often; {{count}} in the data is the number.")
    int count;

    @Mixin
    Addresses addresses = new Addresses();

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        String text = text();
        Http mesh = addresses.mesh();
        for (int i = 1; i <= count; i++) {
            String body = text.replace("{{count}}", Integer.toString(i));
            String eventId = id == null ? UUID.randomUUID().toString() : count == 1 ? id : id + "-" + i;
            JsonNode answer = mesh.post(
                            "/v1/topics/" + topic + "/events",
                            headers(eventId, body),
                            body.getBytes(StandardCharsets.UTF_8))
                    .required();
            out().printf(
                            "✓ %s stored in %s, partition %d, offset %d%n",
                            eventId,
                            answer.path("stream").asText(),
                            answer.path("partition").asInt(),
                            answer.path("offset").asLong());
        }
        out().flush();
        return 0;
    }

    private String text() throws IOException {
        if (data == null) {
            return "";
        }
        return data.equals("-") ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : data;
    }

    private Map<String, String> headers(String eventId, String body) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("ce-specversion", "1.0");
        headers.put("ce-id", encoded(eventId));
        headers.put("ce-source", encoded(source));
        headers.put("ce-type", encoded(type));
        if (key != null) {
            headers.put("ce-partitionkey", encoded(key));
        }
        attributes.forEach((name, value) -> headers.put("ce-" + name, encoded(value)));
        if (!body.isEmpty()) {
            headers.put("content-type", contentType != null ? contentType : guess(body));
        }
        return headers;
    }

    private static String guess(String body) {
        try {
            JsonNode tree = Http.MAPPER.readTree(body);
            return tree.isContainerNode() ? "application/json" : "text/plain";
        } catch (IOException notJson) {
            return "text/plain";
        }
    }

    /** Percent-encodes what may not stand in a header (CloudEvents HTTP binding, 3.1.3.2). */
    static String encoded(String value) {
        StringBuilder text = new StringBuilder();
        for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
            if (b <= ' ' || b == '"' || b == '%' || b == 0x7f) {
                text.append("%%%02X".formatted(b & 0xff));
            } else {
                text.append((char) b);
            }
        }
        return text.toString();
    }

    private PrintWriter out() {
        return Objects.requireNonNull(spec).commandLine().getOut();
    }
}
