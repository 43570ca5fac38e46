package io.eventmesh.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
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

    @Option(names = "--count", defaultValue = "1", description = "How often; {{count}} in the data is the number.")
    int count;

    @Option(
            names = "--delay",
            description = "Delivers after this time, in seconds (with a unit: 500ms, 2m, 1h); it stands in no order.")
    @Nullable
    String delay;

    @Mixin
    EventOptions event = new EventOptions();

    @Mixin
    Addresses addresses = new Addresses();

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        String text = EventOptions.data(data);
        Http mesh = addresses.mesh();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        for (int i = 1; i <= count; i++) {
            String body = text.replace("{{count}}", Integer.toString(i));
            String eventId = event.id(i, count);
            Map<String, String> headers = event.headers(eventId, body);
            if (delay != null) {
                headers.put("EventMesh-Delay", Times.duration("--delay", delay).toString());
            }
            JsonNode answer = mesh.post(
                            "/v1/topics/" + topic + "/events", headers, body.getBytes(StandardCharsets.UTF_8))
                    .required();
            out.printf(
                    "✓ %s stored in %s, partition %d, offset %d%n",
                    eventId,
                    answer.path("stream").asText(),
                    answer.path("partition").asInt(),
                    answer.path("offset").asLong());
        }
        out.flush();
        return 0;
    }
}
