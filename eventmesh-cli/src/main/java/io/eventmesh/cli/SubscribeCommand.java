package io.eventmesh.cli;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.sdk.SubscriptionBuilder;
import io.eventmesh.spi.storage.Start;
import java.io.PrintWriter;
import java.util.List;
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

    @Option(
            names = "--from",
            defaultValue = "latest",
            description = "Where a new group begins: earliest, latest or a time such as 2026-01-31T09:30:00Z.")
    String from = "";

    @Option(
            names = {"-f", "--filter"},
            paramLabel = "CESQL",
            description = "Only events for which this is true, such as \"type = 'order.created'\"; repeatable.")
    List<String> filters = List.of();

    @Option(
            names = "--mode",
            defaultValue = "clustering",
            description = "clustering: each event to one member of the group; broadcasting: to all.")
    String mode = "";

    @Mixin
    Ending ending = new Ending();

    @Mixin
    EventOutput output = new EventOutput();

    @Mixin
    Addresses addresses = new Addresses();

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        Start start = start();
        boolean broadcasts = broadcasts();
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        CountDownLatch left = ending.countdown();
        try (EventMesh mesh = EventMesh.connect(addresses.mesh)) {
            for (String topic : topics) {
                SubscriptionBuilder subscription = mesh.subscribe(topic, group).from(start);
                filters.forEach(subscription::filter);
                if (broadcasts) {
                    subscription.broadcast();
                }
                subscription
                        .handle((event, delivery) -> {
                            output.print(out, delivery.topic(), event);
                            left.countDown();
                        })
                        .ready()
                        .join();
            }
            spec.commandLine().getErr().println("Subscribed to " + String.join(", ", topics) + ". Ctrl-C ends.");
            return ending.await(left);
        }
    }

    private Start start() {
        return switch (from) {
            case "earliest" -> Start.earliest();
            case "latest" -> Start.latest();
            default ->
                new Start.AtTime(
                        Times.instant("--from", from, "earliest, latest or a time such as 2026-01-31T09:30:00Z")
                                .toInstant());
        };
    }

    private boolean broadcasts() {
        return switch (mode) {
            case "clustering" -> false;
            case "broadcasting" -> true;
            default ->
                throw new CliException(
                        CliException.USAGE, "--mode: %s (expected: clustering or broadcasting)".formatted(mode), "");
        };
    }
}
