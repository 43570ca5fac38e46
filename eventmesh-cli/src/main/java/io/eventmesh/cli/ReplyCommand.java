package io.eventmesh.cli;

import io.eventmesh.sdk.EventMesh;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code eventmesh reply TOPIC [DATA|-]}. */
@Command(name = "reply", description = "Answers the requests of a topic, and prints them.")
final class ReplyCommand implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "TOPIC", description = "A topic or pattern, such as 'quotes/>'.")
    String topic = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "DATA",
            description = "The data of each reply, in which {{data}} is the request's; - reads standard input.")
    @Nullable
    String data;

    @Option(
            names = {"-g", "--group"},
            defaultValue = "cli-reply",
            description = "Shares the requests with the other members of this group (default: ${DEFAULT-VALUE}).")
    String group = "";

    @Mixin
    Ending ending = new Ending();

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
    public Integer call() throws IOException, InterruptedException {
        String template = EventOptions.data(data);
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        CountDownLatch left = ending.countdown();
        try (EventMesh mesh = EventMesh.connect(addresses.mesh)) {
            mesh.subscribe(topic, group)
                    .handle((request, delivery) -> {
                        if (delivery.isRequest()) {
                            String body = template.replace("{{data}}", EventOutput.text(request));
                            delivery.reply(event.event(event.id(1, 1), body)).join();
                            output.print(out, delivery.topic(), request);
                            left.countDown();
                        }
                    })
                    .ready()
                    .join();
            spec.commandLine().getErr().println("Answering " + topic + ". Ctrl-C ends.");
            return ending.await(left);
        }
    }
}
