package io.eventmesh.cli.admin;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code eventmesh buses}; they are made by {@code apply}. */
@Command(name = "buses", description = "What rules judge together.")
public final class BusesCommand {
    private static final String BUSES = ResourceKind.BUS.collection();

    @Command(name = "list", description = "All buses.")
    int list(@Mixin Selection selection, @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(BUSES),
                selection.within(admin.query()),
                new Table(
                        "NAME", "/metadata/name",
                        "PATTERNS", "/spec/patterns",
                        "SHARDS", "/spec/shards",
                        "RULES", "/status/rules",
                        "REVISION", "/metadata/revision"));
    }

    @Command(name = "describe", description = "One bus.")
    int describe(@Parameters(paramLabel = "BUS") String bus, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(BUSES, bus), admin.query());
    }

    @Command(name = "history", description = "What it was, newest first.")
    int history(@Parameters(paramLabel = "BUS") String bus, @Mixin AdminSession admin) {
        return admin.list(AdminApi.path(BUSES, bus, "revisions"), admin.query(), RulesCommand.HISTORY);
    }

    @Command(name = "delete", description = "Takes a bus away that no rule names.")
    int delete(@Parameters(paramLabel = "BUS") String bus, @Mixin AdminSession admin) {
        return admin.delete(AdminApi.path(BUSES, bus), "bus %s is gone".formatted(bus));
    }
}
