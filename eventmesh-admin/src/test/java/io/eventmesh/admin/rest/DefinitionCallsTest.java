package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.sync.FakeRuntime;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.CredentialDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.proto.v1.GetDefinitionsRequest;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.testkit.mesh.FakeMeshAdmin;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Buses, credentials and rules by REST, and what runtimes are told of them. */
class DefinitionCallsTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RULES = "/api/v1/rules";

    @TempDir
    static Path directory;

    private static final RecordingMesh MESH = new RecordingMesh();

    @SuppressWarnings("NullAway.Init") // made before all
    private static AdminProcess admin;

    @BeforeAll
    static void start() {
        admin = new AdminProcess("admin-1", new MemoryMetaStore(), directory)
                .with(new FakeConnectors())
                .with(FakeRules.all());
        admin.offerMesh(MESH);
        admin.start(AdminProcess.config(Duration.ofSeconds(15)));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
    }

    @AfterAll
    static void stop() {
        admin.close();
    }

    @AfterEach
    void nothingStays() {
        for (String kind : List.of("rules", "buses", "credentials", "connectors")) {
            for (JsonNode item : ok(get("/api/v1/" + kind), 200).get("items")) {
                delete("/api/v1/" + kind + "/" + item.at("/metadata/name").asText());
            }
        }
    }

    private static HttpResponse<String> get(String path) {
        return admin.http("GET", path, "");
    }

    private static HttpResponse<String> post(String path, String body) {
        return admin.http("POST", path, quoted(body));
    }

    private static HttpResponse<String> put(String path, String body) {
        return admin.http("PUT", path, quoted(body), "If-Match", "*", "Content-Type", "application/json");
    }

    private static HttpResponse<String> delete(String path) {
        return admin.http("DELETE", path, "", "If-Match", "*");
    }

    private static String quoted(String body) {
        return body.replace('\'', '"');
    }

    private static JsonNode ok(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        try {
            return JSON.readTree(answer.body());
        } catch (IOException notJson) {
            throw new IllegalStateException(answer.body(), notJson);
        }
    }

    private static List<String> refused(HttpResponse<String> answer, int status, String name) {
        JsonNode problem = ok(answer, status);
        assertThat(problem.get("name").asText()).as(answer.body()).isEqualTo(name);
        return problem.path("errors").findValuesAsText("path");
    }

    private static Definitions told(String... roles) {
        FakeRuntime runtime = FakeRuntime.of("f1", admin).connect();
        try {
            return runtime.calls()
                    .getDefinitions(GetDefinitionsRequest.newBuilder()
                            .addAllRoles(List.of(roles))
                            .build());
        } finally {
            runtime.close();
        }
    }

    private static String named(String name, String spec) {
        return "{'metadata':{'name':'%s'},'spec':{%s}}".formatted(name, spec);
    }

    private static String rule(String name, String more, String target) {
        return named(
                name,
                "'patterns':['orders/new'],%s'targets':[{'name':'out','kind':'webhook','spec':{}%s}]"
                        .formatted(more, target));
    }

    @Test
    void theDefaultBusIsThereByItselfAndCanBeSaid() {
        JsonNode itself = ok(get("/api/v1/buses/default"), 200);
        HttpResponse<String> list = get("/api/v1/buses");
        JsonNode said = ok(put("/api/v1/buses/default", named("default", "'delivery':{'timeout':'PT5S'}")), 200);

        assertThat(itself.at("/metadata/revision").asLong()).isZero();
        assertThat(itself.at("/spec/shards").asInt()).isEqualTo(1);
        assertThat(ok(list, 200).findValuesAsText("name")).contains("default");
        assertThat(said.at("/metadata/revision").asLong()).isEqualTo(1);
        assertThat(delete("/api/v1/buses/default").statusCode()).isEqualTo(204);
        assertThat(ok(get("/api/v1/buses/default"), 200)
                        .at("/metadata/revision")
                        .asLong())
                .isZero();
    }

    @Test
    void aRulesTargetsGetAWholePolicyOutOfTargetBusAndDefaults() {
        post(
                "/api/v1/buses",
                named(
                        "eu",
                        "'patterns':['orders/>'],'delivery':{'timeout':'PT5S','maxInFlight':4,"
                                + "'retry':{'maxAttempts':9,'jitter':'NONE'}}"));
        ok(post(RULES, rule("plain", "'bus':'eu',", "")), 201);
        ok(
                post(
                        RULES,
                        rule(
                                "own",
                                "'bus':'eu',",
                                ",'delivery':{'retry':'REGULAR_INTERVAL_RETRY','rate':2.5,'orderingKey':'',"
                                        + "'breaker':{'failures':3},'tolerance':'NONE','deadLetter':{'topic':'lost'}}")),
                201);

        Definitions told = told("function");

        DeliveryPolicy plain = policy(told, "plain");
        assertThat(plain.getTimeoutMs()).isEqualTo(5_000);
        assertThat(plain.getMaxInFlight()).isEqualTo(4);
        assertThat(plain.getMaxAttempts()).isEqualTo(9);
        assertThat(plain.getInitialDelayMs()).isEqualTo(200);
        assertThat(plain.getJitter()).isEqualTo(DeliveryPolicy.Jitter.JITTER_NONE);
        assertThat(plain.getOrderingKey()).isEqualTo("partitionkey");
        DeliveryPolicy own = policy(told, "own");
        assertThat(own.getMaxAttempts()).isEqualTo(3);
        assertThat(own.getJitter()).isEqualTo(DeliveryPolicy.Jitter.JITTER_EQUAL);
        assertThat(own.getTimeoutMs()).isEqualTo(5_000);
        assertThat(own.getRatePerSecond()).isEqualTo(2.5);
        assertThat(own.getOrderingKey()).isEmpty();
        assertThat(own.getBreakerFailures()).isEqualTo(3);
        assertThat(own.getBreakerRestMs()).isEqualTo(30_000);
        assertThat(own.getStopOnFailure()).isTrue();
        assertThat(own.getDeadLetterTopic()).isEqualTo("lost");
        JsonNode shown = ok(get(RULES + "/plain"), 200).at("/status/targets/0/delivery");
        assertThat(shown.at("/retry/maxAttempts").asInt()).isEqualTo(9);
        assertThat(shown.at("/timeout").asText()).isEqualTo("PT5S");
    }

    private static DeliveryPolicy policy(Definitions told, String rule) {
        return definition(told, rule).getTargets(0).getDelivery();
    }

    private static RuleDefinition definition(Definitions told, String rule) {
        return told.getRulesList().stream()
                .filter(one -> one.getName().equals(rule))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aChangeOfABusReachesTheRulesThatSayNothing() {
        post("/api/v1/buses", named("eu", "'patterns':['orders/>']"));
        post(RULES, named("plain", "'bus':'eu','targets':[{'name':'out','kind':'topic','spec':{}}]"));
        Definitions before = told("function");

        ok(
                put("/api/v1/buses/eu", named("eu", "'patterns':['orders/>'],'shards':4,'delivery':{'maxAge':'PT1H'}")),
                200);

        Definitions after = told("function");
        assertThat(after.getVersion()).isGreaterThan(before.getVersion());
        assertThat(policy(before, "plain").getMaxAgeMs()).isZero();
        assertThat(policy(before, "plain").getMaxInFlight()).isEqualTo(256);
        assertThat(policy(after, "plain").getMaxAgeMs()).isEqualTo(3_600_000);
        BusDefinition bus = after.getBusesList().stream()
                .filter(one -> one.getName().equals("eu"))
                .findFirst()
                .orElseThrow();
        assertThat(bus.getPatternsList()).containsExactly("orders/>");
        assertThat(bus.getShards()).isEqualTo(4);
        assertThat(bus.getLayoutsList()).extracting("shards").containsExactly(1, 4);
        assertThat(bus.getLayoutsList()).extracting("number").containsExactly(0L, 1L);
        assertThat(bus.getLayouts(0).getSinceMs()).isZero();
        assertThat(bus.getLayouts(1).getSinceMs()).isPositive();
    }

    @Test
    void whatRulesNeedOfABusIsKept() {
        assertThat(refused(post(RULES, rule("a", "'bus':'eu',", "")), 422, "RULE_INVALID"))
                .containsExactly("/spec/bus");
        assertThat(refused(
                        post(RULES, named("a", "'targets':[{'name':'out','kind':'topic','spec':{}}]")),
                        422,
                        "RULE_INVALID"))
                .containsExactly("/spec/patterns");
        post("/api/v1/buses", named("eu", "'patterns':['orders/>']"));
        ok(post(RULES, named("a", "'bus':'eu','targets':[{'name':'out','kind':'topic','spec':{}}]")), 201);

        refused(delete("/api/v1/buses/eu"), 412, "PRECONDITION_FAILED");
        assertThat(refused(put("/api/v1/buses/eu", named("eu", "'shards':2")), 400, "REQUEST_INVALID"))
                .containsExactly("/spec/patterns");
        assertThat(ok(get("/api/v1/buses/eu"), 200).at("/status/rules").asInt()).isEqualTo(1);
        assertThat(ok(get("/api/v1/buses/eu/rules"), 200).findValuesAsText("name"))
                .containsExactly("a");
        delete(RULES + "/a");
        assertThat(delete("/api/v1/buses/eu").statusCode()).isEqualTo(204);
    }

    @Test
    void aPlanMayNameWhatIsNotThereYetAndSaysSo() {
        HttpResponse<String> plan = admin.http(
                "PUT",
                RULES + "/a?dryRun=true",
                quoted(rule("a", "'bus':'eu',", "")),
                "Content-Type",
                "application/json");

        assertThat(ok(plan, 200).at("/action").asText()).isEqualTo("CREATE");
        assertThat(ok(plan, 200).at("/warnings/0").asText())
                .contains("/spec/bus")
                .contains("'eu'");
    }

    @Test
    void everyProblemOfADocumentIsSaidAtOnce() {
        String spec = "'patterns':['a//b','ok'],'filter':{'bad':[1]},'filters':[{'bad':1}],"
                + "'transforms':[{'kind':'template','spec':'bad','timeout':'PT1H'}],"
                + "'targets':[{'name':'a b','kind':'webhook','spec':'bad','delivery':{'retry':'OFTEN','rate':-1,'batch':{}}}],"
                + "'mode':1";

        assertThat(refused(post(RULES, named("x", spec)), 422, "RULE_INVALID"))
                .containsExactlyInAnyOrder(
                        "/spec/mode",
                        "/spec/patterns/0",
                        "/spec/filter/bad",
                        "/spec/filters/0",
                        "/spec/transforms/0/timeout",
                        "/spec/transforms/0/spec",
                        "/spec/targets/0/name",
                        "/spec/targets/0/spec",
                        "/spec/targets/0/delivery/retry",
                        "/spec/targets/0/delivery/rate",
                        "/spec/targets/0/delivery/batch/events");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''retry'':{''maxAttempts'':0} | /retry/maxAttempts",
                "''retry'':{''initialDelay'':''PT1M'',''maxDelay'':''PT1S''} | /retry/maxDelay",
                "''retry'':{''multiplier'':0.5} | /retry/multiplier",
                "''retry'':{''jitter'':''SOME''} | /retry/jitter",
                "''retry'':{''retryOn'':[429,200]} | /retry/retryOn/1",
                "''retry'':7 | /retry",
                "''maxAge'':''1h'' | /maxAge",
                "''timeout'':''PT0S'' | /timeout",
                "''orderingKey'':''Key!'' | /orderingKey",
                "''batch'':{''events'':10} | /batch/events",
                "''maxInFlight'':0 | /maxInFlight",
                "''breaker'':{} | /breaker/failures",
                "''tolerance'':''SOME'' | /tolerance",
                "''deadLetter'':{''topic'':''_dl/x''} | /deadLetter/topic",
                "''attempts'':3 | /attempts",
            })
    void aBadDeliveryIsRefusedByItsPath(String delivery, String path) {
        String target = ",'delivery':{%s}".formatted(delivery.replace("''", "'"));

        assertThat(refused(post(RULES, rule("x", "", target)), 422, "RULE_INVALID"))
                .containsExactly("/spec/targets/0/delivery" + path);
    }

    @Test
    void aSecretIsToldToMeshRuntimesOnly() {
        String secret = "tops3cret";
        HttpResponse<String> created = post(
                "/api/v1/credentials",
                named("shop", "'kind':'basic','username':'u','password':'%s'".formatted(secret)));
        HttpResponse<String> listed = get("/api/v1/credentials");
        HttpResponse<String> history = get("/api/v1/credentials/shop/revisions");
        HttpResponse<String> planned = admin.http(
                "PUT",
                "/api/v1/credentials/shop?dryRun=true",
                quoted(named("shop", "'kind':'basic','username':'v','password':'%s2'".formatted(secret))),
                "If-Match",
                "*",
                "Content-Type",
                "application/json");

        assertThat(ok(created, 201).at("/spec/password").asText()).isEqualTo("***");
        for (HttpResponse<String> answer : List.of(created, listed, history, planned, get("/api/v1/audit"))) {
            assertThat(answer.statusCode()).as(answer.body()).isIn(200, 201);
            assertThat(answer.body()).doesNotContain(secret);
        }
        assertThat(told("function", "connector").getCredentialsList()).isEmpty();
        CredentialDefinition told = told("mesh").getCredentials(0);
        assertThat(told.getKind()).isEqualTo("basic");
        assertThat(told.getSpec()).isEqualTo("{\"password\":\"tops3cret\",\"username\":\"u\"}");
    }

    @Test
    void aHiddenSecretStaysWhenADocumentIsSentBack() {
        post("/api/v1/credentials", named("shop", "'kind':'basic','username':'u','password':'one'"));
        String read = get("/api/v1/credentials/shop").body();

        JsonNode same = ok(put("/api/v1/credentials/shop", read), 200);
        JsonNode other = ok(put("/api/v1/credentials/shop", read.replace("\"u\"", "\"v\"")), 200);

        assertThat(same.at("/metadata/revision").asLong()).isEqualTo(1);
        assertThat(other.at("/metadata/revision").asLong()).isEqualTo(2);
        assertThat(told("mesh").getCredentials(0).getSpec()).contains("\"one\"").contains("\"v\"");
        assertThat(refused(
                        post("/api/v1/credentials", named("new", "'kind':'bearer','token':'***'")),
                        400,
                        "REQUEST_INVALID"))
                .containsExactly("/spec/token");
    }

    @Test
    void aReferenceIsShownAsItIs() {
        JsonNode created = ok(post("/api/v1/credentials", named("shop", "'kind':'bearer','token':'${env:SHOP}'")), 201);

        assertThat(created.at("/spec/token").asText()).isEqualTo("${env:SHOP}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "''kind'':''token'' | /spec/kind",
                "''kind'':''basic'',''username'':''u'' | /spec/password",
                "''kind'':''bearer'',''token'':7 | /spec/token",
                "''kind'':''bearer'',''token'':''a\\nb'' | /spec/token",
                "''kind'':''bearer'',''token'':''x'',''user'':''u'' | /spec/user",
                "''kind'':''header'',''name'':''a b'',''value'':''x'' | /spec/name",
                "''kind'':''oauth2'',''tokenUrl'':''ftp://x'',''clientId'':''c'',''clientSecret'':''s'' | /spec/tokenUrl",
                "''kind'':''signing'',''secret'':''whsec_c2hvcnQ='' | /spec/secret",
            })
    void aBadCredentialIsRefusedWithoutItsValue(String spec, String path) {
        HttpResponse<String> answer = post("/api/v1/credentials", named("x", spec.replace("''", "'")));

        assertThat(refused(answer, 400, "REQUEST_INVALID")).containsExactly(path);
        assertThat(answer.body()).doesNotContain("c2hvcnQ");
    }

    @Test
    void aCredentialIsOfAKindThatTheTargetTakesAndStaysWhileItIsUsed() {
        post("/api/v1/credentials", named("shop", "'kind':'bearer','token':'x'"));
        post("/api/v1/credentials", named("signer", "'kind':'signing','secret':'${env:KEY}'"));

        assertThat(refused(post(RULES, rule("a", "", ",'credential':'none'")), 422, "RULE_INVALID"))
                .containsExactly("/spec/targets/0/credential");
        assertThat(refused(post(RULES, rule("a", "", ",'credential':'signer'")), 422, "RULE_INVALID"))
                .containsExactly("/spec/targets/0/credential");
        ok(post(RULES, rule("a", "", ",'credential':'shop'")), 201);
        ok(post(RULES, rule("b", "", "").replace("'spec':{}", "'spec':'signed'")), 201);

        refused(delete("/api/v1/credentials/shop"), 412, "PRECONDITION_FAILED");
        refused(delete("/api/v1/credentials/signer"), 412, "PRECONDITION_FAILED");
        assertThat(ok(get("/api/v1/credentials/shop"), 200).at("/status/rules").asInt())
                .isEqualTo(1);
        assertThat(definition(told("mesh"), "a").getTargets(0).getCredential()).isEqualTo("shop");
    }

    @Test
    void aRuleIsDisabledAndATargetPausedAndStartedAgain() {
        post(RULES, rule("a", "", ""));
        ok(post(RULES + "/a:disable", "{}"), 200);
        ok(post(RULES + "/a/targets/out:pause", "{}"), 200);
        RuleDefinition still = definition(told("function"), "a");

        ok(post(RULES + "/a:enable", "{}"), 200);
        JsonNode resumed = ok(post(RULES + "/a/targets/out:resume", "{}"), 200);
        ok(post(RULES + "/a/targets/out:validate", "{}"), 200);
        RuleDefinition again = definition(told("function"), "a");

        assertThat(still.getDisabled()).isTrue();
        assertThat(still.getTargets(0).getPaused()).isTrue();
        assertThat(still.getTargets(0).getEpoch()).isZero();
        assertThat(again.getDisabled()).isFalse();
        assertThat(again.getTargets(0).getPaused()).isFalse();
        assertThat(again.getTargets(0).getEpoch()).isEqualTo(2);
        assertThat(again.getSinceMs()).isEqualTo(still.getSinceMs()).isPositive();
        assertThat(resumed.at("/metadata/revision").asLong()).isEqualTo(5);
        refused(post(RULES + "/a/targets/none:resume", "{}"), 404, "NOT_FOUND");
        refused(post(RULES + "/none:enable", "{}"), 404, "NOT_FOUND");
        assertThat(ok(get(RULES + "/a/revisions"), 200).at("/items")).hasSize(6);
    }

    @Test
    void targetsAreShownAsMeshRuntimesHaveThem() {
        FakeMeshAdmin mesh = MESH.admin();
        post(RULES, rule("a", "", ""));
        assertThat(ok(get(RULES + "/a"), 200).at("/status/targets/0/state").asText())
                .isEqualTo("UNKNOWN");

        mesh.put(new TargetStatus(
                "default",
                "default",
                "a",
                "out",
                1,
                0,
                TargetStatus.State.CIRCUIT_OPEN,
                "5 failures in a row",
                1_000,
                "500",
                2_000,
                1,
                2,
                3,
                4_000,
                5,
                6,
                7));

        JsonNode shown = ok(get(RULES + "/a"), 200).at("/status/targets/0");
        assertThat(shown.at("/state").asText()).isEqualTo("CIRCUIT_OPEN");
        assertThat(shown.at("/reason").asText()).isEqualTo("5 failures in a row");
        assertThat(shown.at("/parked").asInt()).isEqualTo(3);
        assertThat(shown.at("/dead").asInt()).isEqualTo(7);
        JsonNode listed = ok(get("/api/v1/targets?rule=a"), 200).at("/items/0");
        assertThat(listed.at("/rule").asText()).isEqualTo("a");
        assertThat(listed.at("/lastError").asText()).isEqualTo("500");
    }

    @Test
    void aRuleIsChangedByAPatchAndKeepsWhenItsPatternsCame() {
        post(RULES, rule("a", "", ""));
        long since = definition(told("function"), "a").getSinceMs();

        JsonNode patched = ok(
                admin.http(
                        "PATCH",
                        RULES + "/a",
                        "{\"spec\":{\"filter\":{\"type\":[\"x\"]}}}",
                        "If-Match",
                        "\"1\"",
                        "Content-Type",
                        "application/json"),
                200);

        assertThat(patched.at("/spec/filter/type/0").asText()).isEqualTo("x");
        assertThat(definition(told("function"), "a").getSinceMs()).isEqualTo(since);
    }

    @Test
    void rulesThatCostTooMuchTogetherAreRefused() {
        ok(post(RULES, rule("a", "'filter':{'heavy':[1]},", "")), 201);

        assertThat(refused(post(RULES, rule("b", "'filter':{'heavy':[2]},", "")), 422, "RULE_INVALID"))
                .containsExactly("/spec/filter");
        post("/api/v1/buses", named("eu", "'patterns':['orders/>']"));
        ok(post(RULES, rule("b", "'bus':'eu','filter':{'heavy':[2]},", "")), 201);
    }

    @Test
    void aSinkTargetTakesTheTopicOfItsConnector() {
        String connector =
                "{'metadata':{'name':'%s'},'spec':{'plugin':'fake','kind':'SINK','topic':'%s','config':{'path':'/x'}}}";
        for (String[] each : new String[][] {{"archive", "archive/in"}, {"all", "archive/>"}}) {
            String path = "/api/v1/connectors/%s?force=true".formatted(each[0]);
            String body = quoted(connector.formatted(each[0], each[1]));
            ok(admin.http("PUT", path, body, "Content-Type", "application/json"), 201);
        }
        String rule = rule("a", "", "").replace("'webhook','spec':{}", "'sink','spec':{'connector':'%s'%s}");

        JsonNode stored = ok(post(RULES, rule.formatted("archive", "")), 201);

        assertThat(stored.at("/spec/targets/0/spec/topic").asText()).isEqualTo("archive/in");
        assertThat(refused(put(RULES + "/a", rule.formatted("all", "")), 422, "RULE_INVALID"))
                .containsExactly("/spec/targets/0/spec/topic");
        assertThat(refused(put(RULES + "/a", rule.formatted("all", ",'topic':'other'")), 422, "RULE_INVALID"))
                .containsExactly("/spec/targets/0/spec/topic");
        assertThat(refused(put(RULES + "/a", rule.formatted("none", "")), 422, "RULE_INVALID"))
                .containsExactly("/spec/targets/0/spec/connector");
    }

    @Test
    void aRuleIsTriedOnASampleAndSendsNothing() {
        post(RULES, rule("a", "", ""));
        int before = MESH.published().size();
        String event = "{'event':{'type':'order','data':{'total':7}}%s}";

        JsonNode tested = ok(post(RULES + "/a:test", event.formatted("")), 200);
        JsonNode elsewhere = ok(post(RULES + "/a:explain", event.formatted(",'topic':'invoices'")), 200);
        JsonNode all = ok(post(RULES + ":explain", event.formatted(",'topic':'orders/new'")), 200);
        JsonNode unsaved =
                ok(post(RULES + ":test", "{'rule':%s,'event':{'type':'order'}}".formatted(rule("b", "", ""))), 200);

        assertThat(tested.at("/outcome").asText()).isEqualTo("TAKEN");
        assertThat(tested.at("/result/data/total").asInt()).isEqualTo(7);
        assertThat(tested.at("/deliveries/0/target").asText()).isEqualTo("out");
        assertThat(elsewhere.at("/outcome").asText()).isEqualTo("NOT_TAKEN");
        assertThat(elsewhere.at("/clauses/0/path").asText()).isEqualTo("/spec/patterns");
        assertThat(all.at("/taken").asInt()).isEqualTo(1);
        assertThat(unsaved.at("/outcome").asText()).isEqualTo("TAKEN");
        assertThat(get(RULES + "/b").statusCode()).isEqualTo(404);
        assertThat(MESH.published()).hasSize(before);
    }

    @Test
    void whatCannotBeTriedIsSaid() {
        post(RULES, named("a", "'patterns':['orders/>'],'targets':[{'name':'o','kind':'topic','spec':{}}]"));

        refused(post(RULES + "/a:test", "{}"), 400, "REQUEST_INVALID");
        refused(post(RULES + "/a:test", "{'event':{'type':'x'}}"), 400, "REQUEST_INVALID");
        refused(post(RULES + "/a:test", "{'event':{},'topic':'orders/x'}"), 400, "EVENT_INVALID");
        refused(post(RULES + "/a:test", "{'event':{'type':'x'},'topic':'orders/x','more':1}"), 400, "REQUEST_INVALID");
        refused(post(RULES + "/a:test", "{'at':{'stream':'orders','partition':0}}"), 400, "REQUEST_INVALID");
        refused(post(RULES + "/none:test", "{'event':{'type':'x'}}"), 404, "NOT_FOUND");
        assertThat(refused(
                        post(
                                RULES + ":test",
                                "{'rule':%s,'event':{'type':'x'}}".formatted(rule("x", "'filter':{'bad':[1]},", ""))),
                        422,
                        "RULE_INVALID"))
                .containsExactly("/spec/filter/bad");
    }
}
