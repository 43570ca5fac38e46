package io.eventmesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplyTest {
    private static final String ORDERS =
            "kind: Connector\nmetadata:\n  name: orders\nspec:\n  plugin: file\n  kind: SOURCE\n  topic: orders\n";
    private static final String BODY =
            "{\"metadata\":{\"name\":\"orders\",\"managedBy\":\"files\"},\"spec\":{\"plugin\":\"file\",\"kind\":\"SOURCE\",\"topic\":\"orders\"}}";
    private static final String AT = "/api/v1/connectors/orders?namespace=default";

    private final ScriptedAdmin admin = new ScriptedAdmin();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        admin.close();
    }

    @Test
    void whatIsNotThereIsCreatedOnceItWasPlanned() throws IOException {
        write("a.yaml", ORDERS);
        admin.on("PUT " + AT + "&dryRun=true", 200, "{'action':'CREATE','before':null,'after':{}}");
        admin.on("PUT " + AT, 201, "{}");

        assertThat(admin.run("apply", "-f", directory.toString())).isZero();

        assertThat(admin.out()).contains("+ Connector orders").contains("✓ 1 created, 0 changed");
        assertThat(admin.requests())
                .containsExactly("GET " + AT, "PUT " + AT + "&dryRun=true " + BODY, "PUT " + AT + " " + BODY);
    }

    @Test
    void whatDiffersIsChangedInTheVersionThatWasPlannedFor() throws IOException {
        write("a.yaml", ORDERS);
        admin.on("GET " + AT, 200, "\"4\"", "{}");
        admin.on(
                "PUT " + AT + "&dryRun=true",
                200,
                "{'action':'UPDATE','before':{'spec':{'topic':'old','tasksMax':1}},'after':{'spec':{'topic':'orders','tasksMax':1}}}");
        admin.on("PUT " + AT, 200, "{}");

        assertThat(admin.run("apply", "-f", directory.resolve("a.yaml").toString()))
                .isZero();

        assertThat(admin.out()).contains("~ Connector orders").contains("spec.topic: \"old\" → \"orders\"");
        assertThat(admin.requests().get(2)).startsWith("PUT " + AT + " if-match \"4\" ");
    }

    @Test
    void whatIsWrongIsStoredWhenItIsForced() throws IOException {
        write("a.yaml", ORDERS);
        admin.on("PUT " + AT + "&dryRun=true&force=true", 200, "{'action':'CREATE','before':null,'after':{}}");
        admin.on("PUT " + AT + "&force=true", 201, "{}");

        assertThat(admin.run("apply", "--force", "-f", directory.toString())).isZero();

        assertThat(admin.requests())
                .containsExactly(
                        "GET " + AT,
                        "PUT " + AT + "&dryRun=true&force=true " + BODY,
                        "PUT " + AT + "&force=true " + BODY);
    }

    @Test
    void diffChangesNothingAndEndsWithOneWhenThereIsOne() throws IOException {
        write("a.yaml", ORDERS);
        admin.on("GET " + AT, 200, "\"4\"", "{}");
        admin.on(
                "PUT " + AT + "&dryRun=true", 200, "{'action':'UPDATE','before':{'spec':{}},'after':{'spec':{'a':1}}}");
        admin.on("PUT " + AT + "&dryRun=true", 200, "{'action':'NONE','before':{},'after':{}}");

        assertThat(admin.run("diff", "-f", directory.toString())).isEqualTo(1);
        assertThat(admin.run("diff", "-f", directory.toString())).isZero();

        assertThat(admin.requests()).noneMatch(request -> request.startsWith("PUT " + AT + " "));
    }

    @Test
    void pruneDeletesOnlyWhatCameFromFiles() throws IOException {
        write("a.yaml", "");
        admin.on(
                "GET /api/v1/connectors?namespace=default",
                200,
                "{'items':[{'metadata':{'name':'mine','managedBy':'files','revision':3}},"
                        + "{'metadata':{'name':'byhand','revision':1}}],'nextCursor':null}");
        for (String kind : List.of("buses", "credentials", "rules")) {
            admin.on("GET /api/v1/%s?namespace=default".formatted(kind), 200, "{'items':[],'nextCursor':null}");
        }
        admin.on("DELETE /api/v1/connectors/mine?namespace=default", 204, "");

        assertThat(admin.run("apply", "-f", directory.toString(), "--prune")).isZero();

        assertThat(admin.requests())
                .contains("DELETE /api/v1/connectors/mine?namespace=default if-match \"3\"")
                .noneMatch(request -> request.contains("byhand"));
    }

    @Test
    void whatOthersNameComesFirstAndGoesLast() throws IOException {
        String rule = "kind: Rule\nmetadata: {name: r}\nspec: {bus: eu}\n";
        String bus = "kind: Bus\nmetadata: {name: eu}\nspec: {patterns: [a]}\n";
        write("a.yaml", rule + "---\n" + bus);
        String plan = "{'action':'CREATE','before':null,'after':{},'warnings':['/spec/bus missing']}";
        for (String path : List.of("buses/eu", "rules/r")) {
            String at = "PUT /api/v1/%s?namespace=default".formatted(path);
            admin.on(at + "&dryRun=true", 200, plan).on(at, 201, "{}");
        }
        for (String kind : List.of("buses", "credentials", "connectors", "rules")) {
            admin.on(
                    "GET /api/v1/%s?namespace=default".formatted(kind),
                    200,
                    "{'items':[{'metadata':{'name':'old','managedBy':'files','revision':3}}],'nextCursor':null}");
            admin.on("DELETE /api/v1/%s/old?namespace=default".formatted(kind), 204, "");
        }

        assertThat(admin.run("apply", "--prune", "-f", directory.toString())).isZero();

        assertThat(admin.out()).contains("⚠ /spec/bus missing");
        assertThat(admin.requests().stream()
                        .filter(request -> request.startsWith("DELETE")
                                || (request.startsWith("PUT") && !request.contains("dryRun")))
                        .map(request -> request.split("[ ?]", 3)[1]))
                .containsExactly(
                        "/api/v1/buses/eu",
                        "/api/v1/rules/r",
                        "/api/v1/rules/old",
                        "/api/v1/connectors/old",
                        "/api/v1/credentials/old",
                        "/api/v1/buses/old");
    }

    @Test
    void whatIsWrongInAFileIsNamedBeforeAnythingIsAsked() throws IOException {
        write(
                "a.yaml",
                "kind: Connector\nmetadata: {name: a}\nspec: {}\n---\nkind: Conector\nmetadata: {name: b}\nspec: {}\n");
        assertThat(admin.run("apply", "-f", directory.toString())).isEqualTo(2);
        write("a.yaml", "kind: Rule\nmetadata: {name: a}\nspec: {a: 1, a: 2}\n");
        assertThat(admin.run("apply", "-f", directory.toString())).isEqualTo(2);
        write("a.yaml", ORDERS + "---\n" + ORDERS);
        assertThat(admin.run("apply", "-f", directory.toString())).isEqualTo(2);
        assertThat(admin.run("apply", "-f", directory.resolve("none.yaml").toString()))
                .isEqualTo(2);

        assertThat(admin.err())
                .contains("a.yaml, document 2: kind: 'Conector' (expected one of: Bus, Credential, Connector, Rule)")
                .contains("a.yaml:3: ")
                .contains("Connector orders stands in")
                .contains("no file");
        assertThat(admin.requests()).isEmpty();
    }

    @Test
    void aRefusalNamesTheDocument() throws IOException {
        write("a.yaml", ORDERS);
        admin.on(
                "PUT " + AT + "&dryRun=true",
                422,
                "{'name':'CONNECTOR_CONFIG_INVALID','code':5002,'detail':'path: missing'}");

        assertThat(admin.run("apply", "-f", directory.toString())).isEqualTo(1);

        assertThat(admin.err()).contains("a.yaml, document 1: CONNECTOR_CONFIG_INVALID 5002: path: missing");
    }

    @Test
    void whatIsExportedCanBeApplied() throws IOException {
        admin.on(
                "GET /api/v1/connectors?namespace=default",
                200,
                "{'items':[{'metadata':{'name':'orders','namespace':'default','revision':9,'labels':{},'managedBy':'files'},"
                        + "'spec':{'plugin':'file','kind':'SOURCE','topic':'orders'},'status':{'tasks':[]}}],'nextCursor':null}");
        for (String kind : List.of("buses", "credentials", "rules")) {
            admin.on("GET /api/v1/%s?namespace=default".formatted(kind), 200, "{'items':[],'nextCursor':null}");
        }

        assertThat(admin.run("export")).isZero();

        write("a.yaml", admin.out());
        admin.on("PUT " + AT + "&dryRun=true", 200, "{'action':'NONE','before':{},'after':{}}");
        assertThat(admin.run("diff", "-f", directory.toString())).isZero();
        assertThat(admin.requests().get(5)).isEqualTo("PUT " + AT + "&dryRun=true " + BODY);
    }

    private void write(String name, String text) throws IOException {
        Files.writeString(directory.resolve(name), text);
    }
}
