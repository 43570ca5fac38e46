package io.eventmesh.cli.admin;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh streams}. */
@Command(name = "streams", description = "Where events are stored.")
public final class StreamsCommand {
    private static final String STREAMS = "streams";

    @Command(name = "list", description = "All streams with what they hold.")
    int list(@Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(STREAMS),
                admin.query(),
                new Table(
                        "NAME", "/metadata/name",
                        "PARTITIONS", "/spec/partitions",
                        "EVENTS", "/status/events",
                        "BYTES", "/status/bytes",
                        "DURABILITY", "/status/durability"));
    }

    @Command(name = "describe", description = "One stream with its partitions and groups.")
    int describe(@Parameters(paramLabel = "STREAM") String stream, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(STREAMS, stream), admin.query());
    }

    @Command(name = "create", description = "Makes a stream before its first event.")
    int create(
            @Parameters(paramLabel = "STREAM") String stream,
            @Option(names = "--partitions", defaultValue = "4", description = "Default: ${DEFAULT-VALUE}.")
                    int partitions,
            @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(STREAMS),
                "stream %s with %d partitions".formatted(stream, partitions),
                AdminSession.body(
                        Map.of("metadata", Map.of("name", stream), "spec", Map.of("partitions", partitions))));
    }

    @Command(name = "peek", description = "Shows stored events; moves no offsets.")
    int peek(
            @Parameters(paramLabel = "STREAM") String stream,
            @Option(names = "--partition", defaultValue = "0", description = "Default: ${DEFAULT-VALUE}.")
                    int partition,
            @Option(names = "--from", defaultValue = "0", description = "Offset; what is gone is passed over.")
                    long from,
            @Option(names = "--limit", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.") int limit,
            @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(STREAMS, stream, "events"),
                admin.query(
                        "partition",
                        Integer.toString(partition),
                        "from",
                        Long.toString(from),
                        "limit",
                        Integer.toString(Math.min(limit, 100))),
                new Table(
                        "OFFSET", "/offset",
                        "TOPIC", "/topic",
                        "ID", "/event/id",
                        "TYPE", "/event/type",
                        "APPENDED", "/appendTime",
                        "BYTES", "/size"),
                limit);
    }

    @Command(name = "delete", description = "Deletes a stream with all its events.")
    int delete(
            @Parameters(paramLabel = "STREAM") String stream,
            @Option(names = "--confirm", required = true, description = "The stream's name once more.") String confirm,
            @Mixin AdminSession admin) {
        Confirmation.require("--confirm", stream, confirm);
        return admin.done(
                "stream %s is gone".formatted(stream),
                admin.api()
                        .delete(AdminApi.path(STREAMS, stream), admin.query("confirm", confirm), "*")
                        .required());
    }

    @Command(name = "purge", description = "Throws away a stream's events.")
    int purge(
            @Parameters(paramLabel = "STREAM") String stream,
            @Option(names = "--confirm", required = true, description = "The stream's name once more.") String confirm,
            @Mixin AdminSession admin) {
        Confirmation.require("--confirm", stream, confirm);
        return admin.act(
                AdminApi.path(STREAMS, stream) + ":purge",
                "stream %s is empty".formatted(stream),
                AdminSession.body(Map.of("confirm", confirm)));
    }
}
