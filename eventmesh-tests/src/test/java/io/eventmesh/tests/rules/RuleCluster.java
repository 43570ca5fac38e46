package io.eventmesh.tests.rules;

import static org.awaitility.Awaitility.await;

import io.eventmesh.sdk.EventMesh;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.test.TestingServer;

/** A process for mesh and admin, and function runtimes of their own. */
final class RuleCluster implements AutoCloseable {
    private final TestingServer zookeeper;
    private final Installation installation;
    private final MeshProcess core;
    private final List<MeshProcess> functions = new ArrayList<>();
    private final Rest admin;
    private final EventMesh client;

    /** @param settings {@code key=value} for all of them */
    RuleCluster(Path directory, int functionRuntimes, String... settings) throws Exception {
        zookeeper = new TestingServer(true);
        installation = new Installation(directory);
        core = start(
                "core",
                "mesh,admin",
                settings,
                "mesh.http.port=0",
                "mesh.grpc.port=0",
                "admin.http.port=0",
                "admin.grpc.port=0");
        for (int i = 1; i <= functionRuntimes; i++) {
            functions.add(start("function-" + i, "function", settings));
        }
        core.awaitReady();
        functions.forEach(MeshProcess::awaitReady);
        admin = new Rest(core.adminUrl());
        client = EventMesh.builder()
                .seeds("grpc://" + core.printed("gRPC:\\s+(\\S+)"))
                .publishTimeout(Duration.ofSeconds(30))
                .build();
        await("the function runtimes report")
                .atMost(Duration.ofSeconds(20))
                .until(() -> admin.get("/api/v1/runtimes").path("items").size() >= functionRuntimes);
    }

    private MeshProcess start(String name, String roles, String[] settings, String... own) {
        List<String> all = new ArrayList<>(List.of("meta.connect=" + zookeeper.getConnectString()));
        all.addAll(List.of(settings));
        all.addAll(List.of(own));
        List<String> arguments = new ArrayList<>(List.of("--role=" + roles));
        arguments.addAll(List.of(Installation.settings(all.toArray(String[]::new))));
        return installation.start(name, arguments.toArray(String[]::new));
    }

    Rest admin() {
        return admin;
    }

    EventMesh client() {
        return client;
    }

    MeshProcess core() {
        return core;
    }

    /** Counted from 0. */
    MeshProcess function(int index) {
        return functions.get(index);
    }

    @Override
    public void close() throws IOException {
        client.close();
        installation.close();
        zookeeper.close();
    }
}
