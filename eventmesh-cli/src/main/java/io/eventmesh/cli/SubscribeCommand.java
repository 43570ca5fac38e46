package io.eventmesh.cli;

import io.cloudevents.CloudEvent;
import io.cloudevents.CloudEventData;
import io.cloudevents.jackson.JsonFormat;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.storage.Start;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code eventmesh subscribe TOPIC…}. */
@Command(
        name = "subscribe",
        description = "Prints the events of topics as they come. Without a group it looks on and moves no progress.")
final class SubscribeCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "TOPIC", description = "Topics or patterns, such as 'orders/>'.")
    List<String> topics = List.of();

    @Option(
            names = {"-g", "--group"},
            description = "Shares the events with the other members of this group.")
    String group = "";

    @Option(names = "--from", defaultValue = "latest", description = "Where a new group begins: earliest or latest.")
    String from = "";

    @Option(names = "--count", description = "Ends after so many events; exit code 1 when they do not come in time.")
    int count;

    @Option(names = "--wait", description = "Ends after this time, in seconds (with a unit: 500ms, 2m).")
    @Nullable
    String wait;

    @Option(names = "--raw", description = "Prints the data alone.")
    boolean raw;

    @Option(names = "--json", description = "Prints each event as a CloudEvent in JSON, one a line.")
    boolean json;

    @Mixin
    Addresses addresses = new Addresses();

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Start start = switch (from) {
            case "earliest" -> Start.earliest();
            case "latest" -> Start.latest();
            default ->
                throw new CliException(
                        CliException.USAGE, "--from: %s (expected: earliest or latest)".formatted(from), "");
        };
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        CountDownLatch left = new CountDownLatch(count > 0 ? count : Integer.MAX_VALUE);
        try (EventMesh mesh = EventMesh.connect(addresses.mesh)) {
            for (String topic : topics) {
                mesh.subscribe(topic, group)
                        .from(start)
                        .handle((event, delivery) -> {
                            print(out, delivery.topic(), event);
                            left.countDown();
                        })
                        .ready()
                        .join();
            }
            spec.commandLine().getErr().println("Subscribed to " + String.join(", ", topics) + ". Ctrl-C ends.");
            if (wait == null) {
                left.await();
                return 0;
            }
            boolean all = left.await(duration(wait).toMillis(), TimeUnit.MILLISECONDS);
            return all || count == 0 ? 0 : CliException.FAILED;
        }
    }

    private void print(PrintWriter out, String topic, CloudEvent event) {
        CloudEventData data = event.getData();
        String text = data == null ? "" : new String(data.toBytes(), StandardCharsets.UTF_8);
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

    private static Duration duration(String text) {
        try {
            if (text.endsWith("ms")) {
                return Duration.ofMillis(Long.parseLong(text.substring(0, text.length() - 2)));
            }
            if (text.endsWith("m")) {
                return Duration.ofMinutes(Long.parseLong(text.substring(0, text.length() - 1)));
            }
            String seconds = text.endsWith("s") ? text.substring(0, text.length() - 1) : text;
            return Duration.ofSeconds(Long.parseLong(seconds));
        } catch (NumberFormatException notATime) {
            throw new CliException(CliException.USAGE, "--wait: %s (expected: such as 5s)".formatted(text), "");
        }
    }
}
