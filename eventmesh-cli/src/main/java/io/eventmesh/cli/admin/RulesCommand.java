package io.eventmesh.cli.admin;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code eventmesh rules}; they are made by {@code apply}. */
@Command(name = "rules", description = "What filters, transforms and routes.")
public final class RulesCommand {
    private static final String RULES = ResourceKind.RULE.collection();

    @Command(name = "list", description = "All rules.")
    int list(@Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(RULES),
                admin.query(),
                new Table(
                        "NAME", "/metadata/name",
                        "PATTERNS", "/spec/patterns",
                        "TARGETS", "/spec/targets",
                        "REVISION", "/metadata/revision",
                        "IS", "/status/conditions/0/type"));
    }

    @Command(name = "describe", description = "One rule.")
    int describe(@Parameters(paramLabel = "RULE") String rule, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(RULES, rule), admin.query());
    }

    @Command(name = "delete", description = "Takes a rule away.")
    int delete(@Parameters(paramLabel = "RULE") String rule, @Mixin AdminSession admin) {
        return admin.delete(AdminApi.path(RULES, rule), "rule %s is gone".formatted(rule));
    }
}
