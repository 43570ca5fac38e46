package io.eventmesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code eventmesh rules}, offline and at an admin. */
class RulesTest {
    private static final String BIG = """
            kind: Rule
            metadata: {name: big}
            spec:
              patterns: [orders/new]
              filter: {data: {total: [{numeric: [">", 100]}]}}
              transform: {kind: template, spec: {template: '{"big":<order>}', paths: {order: $.data.order}}}
              targets: [{name: out, kind: topic, spec: {topic: big-orders}}]
            """;

    private final ScriptedAdmin admin = new ScriptedAdmin();

    @TempDir
    Path directory;

    @BeforeEach
    void sample() throws IOException {
        write("big.json", "{\"type\":\"order\",\"data\":{\"order\":7,\"total\":250}}");
        write("small.yaml", "type: order\ndata: {order: 8, total: 20}\n");
    }

    @AfterEach
    void close() {
        admin.close();
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private int test(String rule, String event, String... more) throws IOException {
        String[] line = new String[6 + more.length];
        String[] first = {
            "rules",
            "test",
            "-f",
            write("rule.yaml", rule),
            "-e",
            directory.resolve(event).toString()
        };
        System.arraycopy(first, 0, line, 0, 6);
        System.arraycopy(more, 0, line, 6, more.length);
        return admin.run(line);
    }

    @Test
    void aRuleThatTakesAnEventShowsWhatItMakesOfIt() throws IOException {
        assertThat(test(BIG, "big.json")).isZero();

        assertThat(admin.out())
                .contains("✓ Rule big takes it")
                .contains("→ template: {\"big\":7}")
                .contains("» out (topic)");
        assertThat(admin.requests()).isEmpty();
    }

    @Test
    void aRuleThatDoesNotTakeItSaysWhyNotAndEndsWithOne() throws IOException {
        assertThat(test(BIG, "small.yaml")).isEqualTo(1);

        assertThat(admin.out())
                .contains("✗ Rule big does not take it")
                .contains("✗ /spec/filter/data/total: 20 (expected:");
    }

    @Test
    void programsGetTheSameAsJson() throws IOException {
        assertThat(test(BIG, "big.json", "-o", "json")).isZero();

        assertThat(admin.out()).contains("\"outcome\" : \"TAKEN\"").contains("\"deliveries\"");
    }

    @Test
    void theTopicIsSaidWhereTheRuleNamesNone() throws IOException {
        String rule = BIG.replace("orders/new", "orders/>");

        assertThat(test(rule, "big.json")).isEqualTo(2);
        assertThat(admin.err()).contains("--topic: missing");
        assertThat(test(rule, "big.json", "--topic", "orders/eu")).isZero();
        assertThat(test(rule, "big.json", "--topic", "bills/eu")).isEqualTo(1);
    }

    @Test
    void everyProblemOfAFileIsSaidWithItsPlace() throws IOException {
        String wrong = BIG.replace("\">\", 100", "\">\"").replace("kind: topic", "kind: smoke");

        assertThat(test(wrong, "big.json")).isEqualTo(2);

        assertThat(admin.err())
                .contains("Rule big: /spec/filter/data/total/0/numeric")
                .contains("/spec/targets/0/kind");
    }

    @Test
    void aBusOfTheFilesLimitsItsRules() throws IOException {
        String bus = "---\nkind: Bus\nmetadata: {name: eu}\nspec: {patterns: [bills/>]}\n";
        String rule = BIG.replace("spec:\n  patterns", "spec:\n  bus: eu\n  patterns");

        assertThat(test(rule + bus, "big.json")).isEqualTo(1);
        assertThat(test(rule + bus.replace("bills", "orders"), "big.json")).isZero();
    }

    @Test
    void aRuleOfTheAdminIsExplained() {
        admin.on(
                "POST /api/v1/rules/big:test?namespace=default",
                200,
                "{'rule':'big','outcome':'NOT_TAKEN','reason':'x','clauses':"
                        + "[{'path':'/spec/patterns','field':'','expected':'one of [a]','found':'b','met':false}],'steps':[]}");
        admin.on(
                "POST /api/v1/rules:explain?namespace=default",
                200,
                "{'taken':1,'notTaken':0,'rules':[{'rule':'all','outcome':'TAKEN','reason':'','clauses':[]}]}");

        assertThat(admin.run("rules", "explain", "big", "--at", "orders/eu/0/17"))
                .isEqualTo(1);
        assertThat(admin.run(
                        "rules", "explain", "-e", directory.resolve("big.json").toString(), "--topic", "a"))
                .isZero();

        assertThat(admin.out())
                .contains("✗ /spec/patterns: b (expected: one of [a])")
                .contains("✓ Rule all takes it");
        assertThat(admin.requests().get(0))
                .endsWith("{\"at\":{\"stream\":\"orders/eu\",\"partition\":0,\"offset\":17}}");
        assertThat(admin.requests().get(1)).contains("\"topic\":\"a\"");
    }

    @Test
    void aTargetIsPausedAndResumed() {
        admin.on("POST /api/v1/rules/big/targets/out:pause?namespace=default", 200, "{}");
        admin.on("POST /api/v1/rules/big/targets/out:resume?namespace=default", 200, "{}");
        admin.on("POST /api/v1/rules/big:disable?namespace=default", 200, "{}");

        assertThat(admin.run("rules", "pause", "big", "out")).isZero();
        assertThat(admin.run("rules", "resume", "big", "out")).isZero();
        assertThat(admin.run("rules", "disable", "big")).isZero();

        assertThat(admin.out()).contains("its events wait").contains("its events go on");
    }
}
