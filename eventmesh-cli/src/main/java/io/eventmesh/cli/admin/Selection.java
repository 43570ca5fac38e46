package io.eventmesh.cli.admin;

import java.util.Map;
import picocli.CommandLine.Option;

/** Which of a list are shown, and in which order. */
final class Selection {
    @Option(
            names = {"-q", "--query"},
            paramLabel = "TEXT",
            defaultValue = "",
            description = "Only those whose name or the like has this text in it.")
    String text = "";

    @Option(
            names = "--sort",
            paramLabel = "FIELD",
            defaultValue = "",
            description = "Field to order by, as --sort=updatedAt; --sort=-updatedAt is the other way round.")
    String sort = "";

    /** The query with these in it. */
    Map<String, String> within(Map<String, String> query) {
        query.putAll(AdminApi.query("q", text, "sort", sort));
        return query;
    }
}
