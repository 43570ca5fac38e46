package io.eventmesh.cli;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.event.Event;
import java.io.IOException;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code eventmesh request TOPIC [DATA|-]}. */
@Command(name = "request", description = "Publishes a request and prints the first reply.")
final class RequestCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "Such as quotes/eu.")
    String topic = "";

    @Parameters(index = "1", arity = "0..1", paramLabel = "DATA", description = "The data; - reads standard input.")
    @Nullable
    String data;

    @Option(
            names = "--timeout",
            defaultValue = "5s",
            description = "How long to wait for the reply (default: ${DEFAULT-VALUE}).")
    String timeout = "";

    @Mixin
    EventOptions event = new EventOptions();

    @Mixin
    EventOutput output = new EventOutput();

    @Mixin
    Addresses addresses = new Addresses();

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Event request = event.event(event.id(1, 1), EventOptions.data(data));
        try (EventMesh mesh = EventMesh.connect(addresses.mesh)) {
            Event reply = mesh.request(topic, request, Times.duration("--timeout", timeout))
                    .join();
            output.print(Objects.requireNonNull(spec).commandLine().getOut(), topic, CloudEvents.toCloudEvent(reply));
        }
        return 0;
    }
}
