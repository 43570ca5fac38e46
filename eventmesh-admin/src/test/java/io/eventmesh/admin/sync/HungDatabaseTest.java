package io.eventmesh.admin.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.admin.AdminConfig;
import io.eventmesh.admin.AdminProcess;
import io.eventmesh.admin.FakeConnectors;
import io.eventmesh.admin.MemoryMetaStore;
import io.eventmesh.admin.PostgresServer;
import io.eventmesh.admin.StallingProxy;
import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.proto.v1.AdminDirective;
import io.eventmesh.proto.v1.TaskAssignment;
import io.eventmesh.proto.v1.TaskState;
import io.eventmesh.spi.meta.MetaPaths;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A PostgreSQL whose connections stand and that says nothing any more. */
class HungDatabaseTest {
    private static final String CONNECTOR = """
            {"metadata": {"name": "%s"}, "spec": {"plugin": "fake", "kind": "SOURCE", "topic": "t",
             "config": {"path": "/x"}}}""";
    private static final Pattern ADDRESS = Pattern.compile("localhost:(\\d+)");

    @TempDir
    Path directory;

    private final MemoryMetaStore meta = new MemoryMetaStore();
    private final PostgresServer postgres = new PostgresServer();
    private StallingProxy proxy;
    private AdminProcess admin;
    private FakeRuntime runtime;

    @BeforeEach
    void start() {
        DatabaseConfig direct = postgres.database();
        Matcher address = ADDRESS.matcher(direct.url());
        assertThat(address.find()).as(direct.url()).isTrue();
        proxy = new StallingProxy(Integer.parseInt(address.group(1)));
        String url = address.replaceFirst("localhost:" + proxy.port());
        DatabaseConfig database = new DatabaseConfig(
                url + (url.contains("?") ? "&" : "?") + "socketTimeout=1", direct.user(), direct.password(), 4);
        AdminConfig plain = AdminProcess.config(Duration.ofSeconds(15), database);
        admin = new AdminProcess("a", meta, directory)
                .with(new FakeConnectors())
                .start(new AdminConfig(
                        plain.http(),
                        plain.grpc(),
                        database,
                        plain.lease(),
                        Duration.ofSeconds(1),
                        plain.suspectAfter()));
        await().atMost(Duration.ofSeconds(10))
                .until(() -> admin.http("GET", "/", "").body().contains("\"leads\":true"));
        runtime = FakeRuntime.of("r1", admin).connect();
    }

    @AfterEach
    void stop() {
        runtime.close();
        admin.close();
        proxy.close();
        postgres.close();
    }

    private HttpResponse<String> create(String name) {
        return admin.http("POST", "/api/v1/connectors", CONNECTOR.formatted(name));
    }

    private long echo() {
        return runtime.report().newest().map(AdminDirective::getEchoSeq).orElse(0L);
    }

    @Test
    void theLeaderRenewsWhatItIsSureOfRefusesTheRestInTimeAndRecovers() {
        assertThat(create("one").statusCode()).isEqualTo(201);
        await().atMost(Duration.ofSeconds(10))
                .until(() -> runtime.report().orders().size() == 1);
        TaskAssignment order = runtime.orders().get(0);
        runtime.says(order, TaskState.RUNNING).report();

        proxy.stall();
        long before = echo();
        await().atMost(Duration.ofSeconds(5)).until(() -> echo() > before + 2);
        CompletableFuture<HttpResponse<String>> asked =
                CompletableFuture.supplyAsync(() -> admin.http("GET", "/api/v1/connectors", ""));
        HttpResponse<String> write = create("two");
        HttpResponse<String> read = asked.join();
        // without the meta store's word and without the database's another may lead: it must not renew
        meta.takeAway(MetaPaths.ADMIN_LEADER);
        await().atMost(Duration.ofSeconds(5)).during(Duration.ofSeconds(1)).until(this::echo, new Unchanged()::holds);

        assertThat(write.statusCode()).as(write.body()).isEqualTo(503);
        assertThat(write.body()).contains("STORAGE_UNAVAILABLE");
        assertThat(read.statusCode()).as(read.body()).isEqualTo(503);
        assertThat(runtime.ended()).isEmpty();

        proxy.flow();
        long hung = echo();
        await().atMost(Duration.ofSeconds(15)).until(() -> echo() > hung + 2);
        meta.bringBack(MetaPaths.ADMIN_LEADER);
        await().atMost(Duration.ofSeconds(15)).until(() -> create("two").statusCode() == 201);
        assertThat(runtime.report().orders()).contains(order);
    }

    /** Whether a number is what it was a moment ago. */
    private static final class Unchanged {
        private long last = -1;

        boolean holds(long now) {
            boolean same = now == last;
            last = now;
            return same;
        }
    }
}
