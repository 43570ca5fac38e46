package io.eventmesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AdminVerbsTest {
    private static final String NOTHING = "{'items':[],'nextCursor':null}";
    private final ScriptedAdmin admin = new ScriptedAdmin();

    @AfterEach
    void close() {
        admin.close();
    }

    @Test
    void aListIsATableWithAColumnForEachValueThatMatters() {
        admin.on(
                "GET /api/v1/tasks?namespace=default",
                200,
                "{'items':[{'metadata':{'name':'t1'},'spec':{'connector':'orders'},"
                        + "'status':{'state':'RUNNING','runtime':'r1','epoch':7}}],'nextCursor':null}");

        assertThat(admin.run("tasks", "list")).isZero();

        assertThat(admin.out().lines())
                .containsExactly(
                        "ID  CONNECTOR  STATE    RUNTIME  EPOCH  LAG  REASON  ERROR",
                        "t1  orders     RUNNING  r1       7      -    -       -");
    }

    @Test
    void aListIsSearchedAndOrderedByTheAdmin() {
        admin.on("GET /api/v1/connectors?namespace=default&q=a%20b&sort=-updatedAt", 200, NOTHING);

        assertThat(admin.run("connectors", "list", "-q", "a b", "--sort=-updatedAt"))
                .isZero();
    }

    @Test
    void aRuntimeLooksForPluginsAgain() {
        admin.on("POST /api/v1/runtimes/r1/plugins:rescan?namespace=default", 200, "{'plugins':[]}");

        assertThat(admin.run("runtimes", "rescan", "r1")).isZero();

        assertThat(admin.out()).contains("runtime r1 has looked for plugins again");
    }

    @Test
    void aListIsReadToItsEndPageByPage() {
        admin.on("GET /api/v1/rules?namespace=eu", 200, "{'items':[{'metadata':{'name':'a'}}],'nextCursor':'x='}");
        admin.on(
                "GET /api/v1/rules?namespace=eu&cursor=x%3D",
                200, "{'items':[{'metadata':{'name':'b'}}],'nextCursor':null}");

        assertThat(admin.run("rules", "list", "-n", "eu", "-o", "json")).isZero();

        assertThat(admin.out()).contains("\"a\"").contains("\"b\"");
    }

    @Test
    void aNameIsOneSegmentWhateverIsInIt() {
        admin.on(
                "GET /api/v1/subscriptions/billing%40orders%2F%3E?namespace=default",
                200, "{'spec':{'group':'billing'}}");

        assertThat(admin.run("subscriptions", "describe", "billing@orders/>")).isZero();

        assertThat(admin.out()).contains("group: billing");
    }

    @Test
    void anActionForProgramsIsToldInAnEnvelope() {
        admin.on("POST /api/v1/tasks/t1:move?namespace=default", 202, "{'metadata':{'name':'t1'}}");

        assertThat(admin.run("tasks", "move", "t1", "--to", "r2", "-o", "json")).isZero();

        assertThat(admin.out())
                .contains("\"command\" : \"eventmesh tasks move\"")
                .contains("\"ok\" : true")
                .contains("\"name\" : \"t1\"");
        assertThat(admin.requests())
                .containsExactly("POST /api/v1/tasks/t1:move?namespace=default {\"runtime\":\"r2\"}");
    }

    @Test
    void aRefusalForProgramsIsAnEnvelopeTooAndEndsWithOne() {
        admin.on(
                "POST /api/v1/tasks/t1:stop?namespace=default",
                409,
                "{'name':'VERSION_CONFLICT','code':1204,'detail':'task t1: gone','suggestion':'look again'}");

        assertThat(admin.run("tasks", "stop", "t1", "-o", "yaml")).isEqualTo(1);

        assertThat(admin.out())
                .contains("ok: false")
                .contains("VERSION_CONFLICT 1204")
                .contains("look again");
        assertThat(admin.err()).isEmpty();
    }

    @Test
    void aRefusalForPeopleNamesEachFieldAndSaysWhatToDo() {
        admin.on(
                "POST /api/v1/runtimes/r1:cordon?namespace=default",
                422,
                "{'name':'REQUEST_INVALID','code':1003,'detail':'two problems','suggestion':'mend them',"
                        + "'errors':[{'path':'/a','message':'x (expected: y)'}]}");

        assertThat(admin.run("runtimes", "cordon", "r1")).isEqualTo(1);

        assertThat(admin.err())
                .contains("✗ REQUEST_INVALID 1003: two problems")
                .contains("/a: x (expected: y)")
                .contains("→ mend them");
    }

    @Test
    void whatCannotBeUndoneIsNotAskedForUntilItsNameIsTypedTwice() {
        assertThat(admin.run("streams", "purge", "orders", "--confirm", "order"))
                .isEqualTo(2);
        assertThat(admin.run("dlq", "discard", "_dl/default/group/g")).isEqualTo(2);
        assertThat(admin.run("connectors", "reset", "c", "--confirm", "d")).isEqualTo(2);

        assertThat(admin.requests()).isEmpty();
        assertThat(admin.err()).contains("expected: orders");
    }

    @Test
    void aRedriveIsFollowedToItsEnd() {
        admin.on(
                "POST /api/v1/dlq/_dl%2Fd%2Fgroup%2Fg:redrive?namespace=default",
                202, "{'id':'op1','state':'PENDING'}");
        admin.on("GET /api/v1/operations/op1", 200, "{'id':'op1','state':'RUNNING'}");
        admin.on(
                "GET /api/v1/operations/op1",
                200,
                "{'id':'op1','state':'SUCCEEDED','progress':{'done':3,'failed':0,'skipped':1}}");

        assertThat(admin.run("dlq", "redrive", "_dl/d/group/g", "--rate", "10", "--code", "EVENT_INVALID", "--wait"))
                .isZero();

        assertThat(admin.out()).contains("SUCCEEDED, 3 done, 0 failed, 1 skipped");
        assertThat(admin.requests().get(0)).endsWith("{\"code\":\"EVENT_INVALID\",\"rate\":10}");
    }

    @Test
    void anOperationThatFailsEndsWithOne() {
        admin.on("GET /api/v1/operations/op1", 200, "{'id':'op1','state':'FAILED','error':'no stream'}");

        assertThat(admin.run("operations", "wait", "op1")).isEqualTo(1);

        assertThat(admin.err())
                .contains("FAILED")
                .contains("no stream")
                .contains("→ eventmesh operations describe op1");
    }

    @Test
    void seekTakesPlacesAndTimes() {
        admin.on("POST /api/v1/subscriptions/g%40t:seek?dryRun=true&namespace=default", 200, "{'lagEvents':5}");

        assertThat(admin.run("subscriptions", "seek", "g@t", "--to", "t:2:17", "--dry-run"))
                .isZero();
        assertThat(admin.run("subscriptions", "seek", "g@t", "--to", "2026-01-02T03:04:05Z", "--dry-run"))
                .isZero();
        assertThat(admin.run("subscriptions", "seek", "g@t", "--to", "yesterday"))
                .isEqualTo(2);

        assertThat(admin.out()).contains("subscription g@t would be 5 events behind");
        assertThat(admin.requests())
                .containsExactly(
                        "POST /api/v1/subscriptions/g%40t:seek?dryRun=true&namespace=default if-match * "
                                + "{\"to\":{\"stream\":\"t\",\"partition\":2,\"offset\":17}}",
                        "POST /api/v1/subscriptions/g%40t:seek?dryRun=true&namespace=default if-match * "
                                + "{\"to\":{\"time\":\"2026-01-02T03:04:05Z\"}}");
    }

    @Test
    void codesAreExplainedWithoutAskingAnybody() {
        assertThat(admin.run("audit")).isEqualTo(1);
        assertThat(Main.run(
                        new java.io.PrintWriter(new java.io.StringWriter(), true),
                        new java.io.PrintWriter(new java.io.StringWriter(), true),
                        "errors",
                        "1001"))
                .isZero();
        assertThat(Main.run(
                        new java.io.PrintWriter(new java.io.StringWriter(), true),
                        new java.io.PrintWriter(new java.io.StringWriter(), true),
                        "errors",
                        "77"))
                .isEqualTo(2);
    }

    @Test
    void everyListIsReadFromItsOwnPath() {
        for (String call : new String[] {
            "connectors?namespace=default",
            "runtimes",
            "streams?namespace=default",
            "subscriptions?namespace=default",
            "dlq?namespace=default",
            "operations",
            "plugins",
            "assignments?namespace=default",
            "audit"
        }) {
            admin.on("GET /api/v1/" + call, 200, NOTHING);
        }

        assertThat(admin.run("connectors", "list")).isZero();
        assertThat(admin.run("connectors", "plugins")).isZero();
        assertThat(admin.run("runtimes", "list")).isZero();
        assertThat(admin.run("streams", "list")).isZero();
        assertThat(admin.run("subscriptions", "list")).isZero();
        assertThat(admin.run("dlq", "list")).isZero();
        assertThat(admin.run("operations", "list")).isZero();
        assertThat(admin.run("tasks", "assignments")).isZero();
        assertThat(admin.run("audit")).isZero();
        assertThat(admin.requests()).hasSize(9);
    }
}
