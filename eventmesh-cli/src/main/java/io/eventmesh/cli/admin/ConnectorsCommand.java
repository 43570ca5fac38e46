package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh connectors}. */
@Command(name = "connectors", description = "What brings events in and takes them out.")
public final class ConnectorsCommand {
    private static final String CONNECTORS = ResourceKind.CONNECTOR.collection();

    @Command(name = "list", description = "All connectors.")
    int list(@Mixin Selection selection, @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(CONNECTORS),
                selection.within(admin.query()),
                new Table(
                        "NAME", "/metadata/name",
                        "KIND", "/spec/kind",
                        "PLUGIN", "/spec/plugin",
                        "TOPIC", "/spec/topic",
                        "DESIRED", "/spec/desired",
                        "IS", "/status/conditions/0/reason",
                        "TASKS", "/status/tasks",
                        "MESSAGE", "/status/conditions/0/message"));
    }

    @Command(name = "describe", description = "One connector with its tasks.")
    int describe(@Parameters(paramLabel = "CONNECTOR") String connector, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(CONNECTORS, connector), admin.query());
    }

    @Command(name = "plugins", description = "Which connectors can be made.")
    int plugins(@Mixin Selection selection, @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path("plugins"),
                selection.within(AdminApi.query()),
                new Table("KIND", "/kind", "NAME", "/name", "VERSION", "/version", "RUNTIMES", "/runtimes"));
    }

    @Command(
            name = "validate",
            description = "Whether connectors of files would start; exit code 1 when one would not.")
    int validate(
            @Option(
                            names = {"-f", "--file"},
                            required = true,
                            description = "File or directory; - is standard input.")
                    List<String> sources,
            @Option(names = "--probe", description = "Also tries to connect.") boolean probe,
            @Mixin AdminSession admin)
            throws IOException {
        ObjectNode all = Http.MAPPER.createObjectNode();
        boolean valid = true;
        for (Document document : new Documents(admin.namespace).read(sources)) {
            if (document.kind() == ResourceKind.CONNECTOR) {
                JsonNode found = admin.api()
                        .act(
                                AdminApi.path(CONNECTORS) + ":validate",
                                AdminApi.query("namespace", document.namespace(), "probe", probe ? "true" : ""),
                                Map.of(),
                                document.body())
                        .required();
                valid &= found.path("valid").asBoolean();
                all.set(document.name(), found);
                if (admin.format == Format.TABLE) {
                    tell(admin, document, found);
                }
            }
        }
        if (admin.format != Format.TABLE) {
            admin.print(all);
        }
        admin.out().flush();
        return valid ? 0 : CliException.FAILED;
    }

    private static void tell(AdminSession admin, Document document, JsonNode found) {
        admin.out().printf("%s %s%n", found.path("valid").asBoolean() ? "✓" : "✗", document.title());
        for (JsonNode error : found.path("errors")) {
            admin.out()
                    .printf(
                            "    %s: %s%n",
                            error.path("path").asText(), error.path("message").asText());
        }
    }

    @Command(name = "positions", description = "How far a source has read.")
    int positions(@Parameters(paramLabel = "CONNECTOR") String connector, @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(CONNECTORS, connector, "positions"),
                admin.query(),
                new Table(
                        "TASK", "/ordinal",
                        "PARTITION", "/partition",
                        "SEQ", "/seq",
                        "VALUE", "/value",
                        "UPDATED", "/updatedAt"));
    }

    @Command(name = "reset", description = "Forgets how far a stopped source has read: it begins again.")
    int reset(
            @Parameters(paramLabel = "CONNECTOR") String connector,
            @Option(names = "--confirm", required = true, description = "The connector's name once more.")
                    String confirm,
            @Mixin AdminSession admin) {
        Confirmation.require("--confirm", connector, confirm);
        return admin.act(
                AdminApi.path(CONNECTORS, connector, "positions") + ":reset",
                admin.query(),
                Map.of("if-match", "*"),
                "connector %s begins again".formatted(connector),
                Http.MAPPER.createObjectNode());
    }

    @Command(name = "pause", description = "Holds its tasks still.")
    int pause(@Parameters(paramLabel = "CONNECTOR") String connector, @Mixin AdminSession admin) {
        return act(admin, connector, "pause");
    }

    @Command(name = "resume", description = "Lets its tasks run.")
    int resume(@Parameters(paramLabel = "CONNECTOR") String connector, @Mixin AdminSession admin) {
        return act(admin, connector, "resume");
    }

    @Command(name = "stop", description = "Closes its tasks; positions stay.")
    int stop(@Parameters(paramLabel = "CONNECTOR") String connector, @Mixin AdminSession admin) {
        return act(admin, connector, "stop");
    }

    @Command(name = "restart", description = "Closes its tasks and opens them again.")
    int restart(@Parameters(paramLabel = "CONNECTOR") String connector, @Mixin AdminSession admin) {
        return act(admin, connector, "restart");
    }

    @Command(name = "delete", description = "Stops its tasks and forgets it.")
    int delete(@Parameters(paramLabel = "CONNECTOR") String connector, @Mixin AdminSession admin) {
        return admin.delete(
                AdminApi.path(CONNECTORS, connector), "connector %s is told to stop and go".formatted(connector));
    }

    private static int act(AdminSession admin, String connector, String verb) {
        return admin.act(
                AdminApi.path(CONNECTORS, connector) + ":" + verb,
                admin.query(),
                Map.of("if-match", "*"),
                "connector %s: %s asked for".formatted(connector, verb),
                Http.MAPPER.createObjectNode());
    }
}
