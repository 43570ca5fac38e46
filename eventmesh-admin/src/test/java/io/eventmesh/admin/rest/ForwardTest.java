package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.AdminConfig;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.PostgresServer;
import io.eventmesh.spi.meta.MetaPaths;
import io.eventmesh.spi.meta.RuntimeRegistration;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two admins on one PostgreSQL: either may be asked, the leader does it. */
class ForwardTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final MemoryMetaStore META = new MemoryMetaStore();
    private static final String TYPE = "application/json";
    private static final String RULE = """
            {"metadata": {"name": "NAME"}, "spec": {"patterns": ["a"],
             "targets": [{"name": "out", "kind": "topic", "spec": {"topic": "names"}}]}}""";

    @TempDir
    static Path directory;

    private static PostgresServer postgres;
    private static AdminProcess one;
    private static AdminProcess other;

    @BeforeAll
    static void start() {
        postgres = new PostgresServer();
        AdminConfig config = AdminProcess.config(Duration.ofSeconds(15), postgres.database());
        one = admin("admin-1", config);
        other = admin("admin-2", config);
        leads(one);
    }

    private static AdminProcess admin(String id, AdminConfig config) {
        AdminProcess admin = new AdminProcess(id, META, directory.resolve(id))
                .with(new FakeConnectors())
                .with(FakeRules.all())
                .start(config);
        Map<String, String> endpoints =
                Map.of("admin.http", admin.endpoint("admin.http"), "admin.grpc", admin.endpoint("admin.grpc"));
        META.put(
                MetaPaths.RUNTIMES + "/" + id,
                new RuntimeRegistration(id, id + "-1", List.of("admin"), "1", endpoints, 1).encode(),
                -2);
        return admin;
    }

    private static void leads(AdminProcess admin) {
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
    }

    @AfterAll
    static void stop() {
        other.close();
        one.close();
        postgres.close();
    }

    private static AdminProcess leader() {
        return one.http("GET", "/", "").body().contains("\"leads\":true") ? one : other;
    }

    private static AdminProcess follower() {
        return leader() == one ? other : one;
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException notJson) {
            throw new IllegalStateException(answer.body(), notJson);
        }
    }

    private static String rule(String name) {
        return RULE.replace("NAME", name);
    }

    @Test
    void aWriteIsPassedOnAndAnsweredAsTheLeaderDoes() {
        HttpResponse<String> created =
                follower().http("POST", "/api/v1/rules", rule("passed"), "Content-Type", TYPE, "X-Request-Id", "r1");
        HttpResponse<String> stale = follower().http("DELETE", "/api/v1/rules/passed", "", "If-Match", "\"7\"");
        HttpResponse<String> read = leader().http("GET", "/api/v1/rules/passed", "");

        assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
        assertThat(created.headers().firstValue("ETag")).contains("\"1\"");
        assertThat(created.headers().firstValue("X-Request-Id")).contains("r1");
        assertThat(stale.statusCode()).isEqualTo(412);
        assertThat(read.statusCode()).isEqualTo(200);
        assertThat(follower().http("GET", "/api/v1/rules/passed", "").body()).isEqualTo(read.body());
        JsonNode record = json(leader().http("GET", "/api/v1/audit?resource=rules/passed", ""))
                .at("/items/0");
        assertThat(record.get("actor").asText()).isEqualTo("anonymous");
        assertThat(record.get("actorKind").asText()).isEqualTo("ANONYMOUS");
        assertThat(record.get("via").asText()).isEqualTo(follower().runtimeId());
        assertThat(record.get("requestId").asText()).isEqualTo("r1");
        assertThat(record.get("address").asText()).isEqualTo("127.0.0.1");
    }

    @Test
    void aKeyIsCarriedOutOnceWhicheverAdminIsAsked() {
        String[] key = {"Content-Type", TYPE, "Idempotency-Key", "k1"};
        HttpResponse<String> first = follower().http("POST", "/api/v1/rules", rule("once"), key);
        HttpResponse<String> second = leader().http("POST", "/api/v1/rules", rule("once"), key);

        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(second.statusCode()).isEqualTo(201);
        assertThat(second.headers().firstValue("Idempotency-Replayed")).contains("true");
    }

    @Test
    void aWriteGoesToWhoeverLeadsNow() {
        AdminProcess before = leader();
        META.depose(MetaPaths.ADMIN_LEADER);
        await().atMost(Duration.ofSeconds(10)).until(() -> leader() != before);
        leads(leader());

        assertThat(before.http("PUT", "/api/v1/rules/moved", rule("moved")).statusCode())
                .isEqualTo(201);
    }

    @Test
    void whoDoesNotProveToBeAnAdminSpeaksForNobody() {
        HttpResponse<String> created = leader().http(
                        "POST",
                        "/api/v1/rules",
                        rule("forged"),
                        "Content-Type",
                        TYPE,
                        "eventmesh-forwarded",
                        "USER;10.0.0.1;root");

        assertThat(created.statusCode()).isEqualTo(201);
        JsonNode record = json(leader().http("GET", "/api/v1/audit?resource=rules/forged", ""))
                .at("/items/0");
        assertThat(record.get("actor").asText()).isEqualTo("anonymous");
        assertThat(record.has("via")).isFalse();
    }

    @Test
    void whatWasPassedOnOnceIsNotPassedOnAgain() {
        HttpResponse<String> refused = follower()
                .http(
                        "POST",
                        "/api/v1/rules",
                        rule("twice"),
                        "Content-Type",
                        TYPE,
                        "eventmesh-cluster-key",
                        AdminProcess.KEY,
                        "eventmesh-runtime",
                        "admin-9",
                        "eventmesh-forwarded",
                        "USER;10.0.0.1;somebody");

        assertThat(refused.statusCode()).isEqualTo(421);
        assertThat(json(refused).get("detail").asText()).contains(leader().endpoint("admin.http"));
    }
}
