package io.eventmesh.cli;

import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.jackson.JsonFormat;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine.Option;

/** How events are shown. */
final class EventOutput {
    @Option(names = "--raw", description = "Prints the data alone.")
    boolean raw;

    @Option(names = "--json", description = "Prints each event as a CloudEvent in JSON, one a line.")
    boolean json;

    static String text(CloudEvent event) {
        CloudEventData data = event.getData();
        return data == null ? "" : new String(data.toBytes(), StandardCharsets.UTF_8);
    }

    void print(PrintWriter out, String topic, CloudEvent event) {
        String text = text(event);
        synchronized (out) {
            if (json) {
                out.println(new String(new JsonFormat().serialize(event), StandardCharsets.UTF_8));
            } else if (raw) {
                out.println(text);
            } else {
                out.printf("%s  %s  %s  %s%n", topic, event.getType(), event.getId(), text);
            }
            out.flush();
        }
    }
}
