package io.eventmesh.admin.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.FakeRules;
import io.eventmesh.admin.MemoryMetaStore;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is searched, ordered and left out of lists. */
class ListingTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path directory;

    private static AdminProcess admin;

    @BeforeAll
    static void start() {
        admin = new AdminProcess("admin-1", new MemoryMetaStore(), directory)
                .with(new FakeConnectors())
                .with(FakeRules.all())
                .start(AdminProcess.config(Duration.ofSeconds(15)));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
        connector("alpha", "t/2");
        connector("beta", "t/1");
        connector("gamma", "t/2");
        connector("delta", "Other/3");
    }

    private static void connector(String name, String topic) {
        String body = """
                {"metadata": {"name": "%s"}, "spec": {"plugin": "fake", "kind": "SOURCE", "topic": "%s", "tasksMax": 2,
                 "config": {"path": "/x"}}}""".formatted(name, topic);
        assertThat(admin.http("POST", "/api/v1/connectors", body).statusCode()).isEqualTo(201);
    }

    @AfterAll
    static void stop() {
        admin.close();
    }

    private static JsonNode page(String pathAndQuery) {
        HttpResponse<String> answer = admin.http("GET", "/api/v1/" + pathAndQuery, "");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return json(answer);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        try {
            return JSON.readTree(answer.body());
        } catch (IOException notJson) {
            throw new IllegalStateException(answer.body(), notJson);
        }
    }

    private static List<String> names(JsonNode page) {
        List<String> names = new ArrayList<>();
        page.get("items").forEach(item -> names.add(item.at("/metadata/name").asText()));
        return names;
    }

    @Test
    void aTextIsLookedForInWhatThingsAreCalled() {
        assertThat(names(page("connectors?q=ta"))).containsExactly("beta", "delta");
        assertThat(names(page("connectors?q=OTHER"))).containsExactly("delta");
        assertThat(names(page("connectors?q=none"))).isEmpty();
        assertThat(page("tasks?q=alph").get("items")).hasSize(2);
    }

    @Test
    void anOrderGoesBothWaysAndOverPages() {
        assertThat(names(page("connectors?sort=-name"))).containsExactly("gamma", "delta", "beta", "alpha");
        assertThat(names(page("connectors?sort=createdAt"))).containsExactly("alpha", "beta", "gamma", "delta");

        List<String> all = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = page("connectors?sort=-topic&limit=1" + cursor);
            all.addAll(names(page));
            cursor = page.get("nextCursor").isNull()
                    ? ""
                    : "&cursor=" + page.get("nextCursor").asText();
        } while (!cursor.isEmpty());

        assertThat(all).containsExactly("gamma", "alpha", "beta", "delta");
    }

    @Test
    void tasksAreOrderedByTheirConnectorAndNumber() {
        List<String> order = new ArrayList<>();
        page("assignments?sort=connector")
                .get("items")
                .forEach(item -> order.add(
                        item.get("connector").asText() + item.get("ordinal").asText()));

        assertThat(order).containsExactly("alpha0", "alpha1", "beta0", "beta1", "delta0", "delta1", "gamma0", "gamma1");
    }

    @Test
    void itemsHaveTheFieldsOnlyThatAreAskedFor() {
        JsonNode item = page("connectors?q=alpha&fields=metadata.name,status.conditions.type,spec.none,none")
                .at("/items/0");

        assertThat(item.toString())
                .isEqualTo("{\"metadata\":{\"name\":\"alpha\"},"
                        + "\"status\":{\"conditions\":[{\"type\":\"Ready\"},{\"type\":\"Valid\"}]},\"spec\":{}}");
        assertThat(page("audit?limit=1&fields=operation").at("/items/0")).hasSize(1);
    }

    @Test
    void anUnknownOrderAndAFieldThatIsNoneAreRefused() {
        HttpResponse<String> order = admin.http("GET", "/api/v1/connectors?sort=size", "");
        HttpResponse<String> field = admin.http("GET", "/api/v1/connectors?fields=a..b", "");

        assertThat(order.statusCode()).isEqualTo(400);
        assertThat(json(order).get("detail").asText())
                .contains("'size'")
                .contains("[createdAt, name, plugin, topic, updatedAt]");
        assertThat(field.statusCode()).isEqualTo(400);
        assertThat(json(field).get("detail").asText()).contains("'a..b'");
    }
}
