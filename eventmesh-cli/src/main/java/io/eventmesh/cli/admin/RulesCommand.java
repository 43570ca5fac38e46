package io.eventmesh.cli.admin;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.eventmesh.cli.CliException;
import io.eventmesh.cli.Http;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code eventmesh rules}; they are made by {@code apply}. */
@Command(name = "rules", description = "What filters, transforms and routes.")
public final class RulesCommand {
    static final Table HISTORY = new Table("REVISION", "/revision", "AT", "/createdAt", "SPEC", "/spec");

    private static final String RULES = ResourceKind.RULE.collection();

    @Command(name = "list", description = "All rules.")
    int list(@Mixin Selection selection, @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path(RULES),
                selection.within(admin.query()),
                new Table(
                        "NAME", "/metadata/name",
                        "BUS", "/spec/bus",
                        "PATTERNS", "/spec/patterns",
                        "TARGETS", "/spec/targets",
                        "ENABLED", "/spec/enabled",
                        "REVISION", "/metadata/revision",
                        "IS", "/status/conditions/0/type"));
    }

    @Command(name = "describe", description = "One rule with its targets.")
    int describe(@Parameters(paramLabel = "RULE") String rule, @Mixin AdminSession admin) {
        return admin.show(AdminApi.path(RULES, rule), admin.query());
    }

    @Command(name = "history", description = "What it was, newest first.")
    int history(@Parameters(paramLabel = "RULE") String rule, @Mixin AdminSession admin) {
        return admin.list(AdminApi.path(RULES, rule, "revisions"), admin.query(), HISTORY);
    }

    @Command(
            name = "test",
            description = "Tries the rules of files on an event and says why not; needs no admin and sends nothing."
                    + " Exit code 1 when one does not take it.")
    int test(
            @Option(
                            names = {"-f", "--file"},
                            required = true,
                            description =
                                    "File or directory with rules, and buses that they name; - is standard input.")
                    List<String> sources,
            @Mixin Sample sample,
            @Mixin AdminSession admin)
            throws IOException {
        List<ObjectNode> told = new RuleTest(new Documents(admin.namespace).read(sources)).of(sample);
        return tell(admin, told);
    }

    @Command(
            name = "explain",
            description = "What a rule of the admin makes of an event, or which rules take it; sends nothing."
                    + " Exit code 1 when it is not taken.")
    int explain(
            @Parameters(paramLabel = "RULE", arity = "0..1", description = "Without it, all rules.") @Nullable
                    String rule,
            @Option(
                            names = "--at",
                            description = "Where the event is stored: STREAM/PARTITION/OFFSET.",
                            defaultValue = "")
                    String at,
            @Mixin Sample sample,
            @Mixin AdminSession admin)
            throws IOException {
        ObjectNode body = at.isEmpty() ? sample.body() : Sample.stored(at);
        String path = rule == null ? AdminApi.path(RULES) + ":explain" : AdminApi.path(RULES, rule) + ":test";
        JsonNode answer = admin.api().act(path, admin.query(), Map.of(), body).required();
        List<ObjectNode> told = rule == null
                ? answer.path("rules").findParents("outcome").stream()
                        .map(ObjectNode.class::cast)
                        .toList()
                : List.of((ObjectNode) answer);
        return tell(admin, told);
    }

    /** Prints what rules make of an event. */
    private static int tell(AdminSession admin, List<ObjectNode> told) {
        if (admin.format == Format.TABLE) {
            told.forEach(one -> RuleOutcome.print(admin.out(), one));
        } else {
            ObjectNode all = Http.MAPPER.createObjectNode();
            told.forEach(all.putArray("rules")::add);
            admin.print(all);
        }
        admin.out().flush();
        boolean taken = !told.isEmpty()
                && told.stream().allMatch(one -> one.path("outcome").asText().equals("TAKEN"));
        return taken ? 0 : CliException.FAILED;
    }

    @Command(name = "enable", description = "Has it judge again.")
    int enable(@Parameters(paramLabel = "RULE") String rule, @Mixin AdminSession admin) {
        return admin.act(AdminApi.path(RULES, rule) + ":enable", "rule %s judges".formatted(rule));
    }

    @Command(name = "disable", description = "Has it judge nothing more; what it made before is delivered.")
    int disable(@Parameters(paramLabel = "RULE") String rule, @Mixin AdminSession admin) {
        return admin.act(AdminApi.path(RULES, rule) + ":disable", "rule %s judges nothing more".formatted(rule));
    }

    @Command(name = "pause", description = "Has the events of a target wait.")
    int pause(
            @Parameters(paramLabel = "RULE") String rule,
            @Parameters(paramLabel = "TARGET") String target,
            @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(RULES, rule, "targets", target) + ":pause",
                "target %s of rule %s: its events wait".formatted(target, rule));
    }

    @Command(name = "resume", description = "Has the events of a target go on, also when it stopped by itself.")
    int resume(
            @Parameters(paramLabel = "RULE") String rule,
            @Parameters(paramLabel = "TARGET") String target,
            @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(RULES, rule, "targets", target) + ":resume",
                "target %s of rule %s: its events go on".formatted(target, rule));
    }

    @Command(name = "validate", description = "Asks the destination of a target again whether it wants events.")
    int validate(
            @Parameters(paramLabel = "RULE") String rule,
            @Parameters(paramLabel = "TARGET") String target,
            @Mixin AdminSession admin) {
        return admin.act(
                AdminApi.path(RULES, rule, "targets", target) + ":validate",
                "target %s of rule %s is asked again".formatted(target, rule));
    }

    @Command(name = "targets", description = "How targets are, of one rule or of all.")
    int targets(
            @Parameters(paramLabel = "RULE", arity = "0..1", defaultValue = "") String rule,
            @Mixin AdminSession admin) {
        return admin.list(
                AdminApi.path("targets"),
                admin.query("rule", rule),
                new Table(
                        "RULE", "/rule",
                        "TARGET", "/name",
                        "STATE", "/state",
                        "WAITING", "/waiting",
                        "PARKED", "/parked",
                        "DELIVERED", "/delivered",
                        "DEAD", "/dead",
                        "REASON", "/reason",
                        "LAST ERROR", "/lastError"));
    }

    @Command(name = "delete", description = "Takes a rule away.")
    int delete(@Parameters(paramLabel = "RULE") String rule, @Mixin AdminSession admin) {
        return admin.delete(AdminApi.path(RULES, rule), "rule %s is gone".formatted(rule));
    }
}
