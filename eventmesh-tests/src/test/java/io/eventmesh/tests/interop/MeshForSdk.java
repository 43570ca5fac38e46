package io.eventmesh.tests.interop;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.eventmesh.tests.process.Installation;
import io.eventmesh.tests.process.MeshProcess;
import io.eventmesh.tests.process.Rest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A mesh of the packed distribution to which SDK processes connect. */
final class MeshForSdk implements AutoCloseable {
    private final Installation installation;
    private MeshProcess process;
    private final int grpcPort;
    private final List<String> settings;

    private MeshForSdk(Installation installation, MeshProcess process, int grpcPort, List<String> settings) {
        this.installation = installation;
        this.process = process;
        this.grpcPort = grpcPort;
        this.settings = settings;
    }

    /** @param directory empty, of the test */
    static MeshForSdk start(Path directory, String... settings) {
        Installation installation = new Installation(directory);
        MeshProcess process = start(installation, 0, Arrays.asList(settings));
        int port = Integer.parseInt(process.printed("gRPC:\\s+\\S+:(\\d+)"));
        return new MeshForSdk(installation, process, port, Arrays.asList(settings));
    }

    private static MeshProcess start(Installation installation, int grpcPort, List<String> settings) {
        List<String> all = new ArrayList<>(List.of(
                "mesh.http.port=0",
                "mesh.grpc.port=" + grpcPort,
                "admin.http.port=0",
                "admin.grpc.port=0",
                "meta.zookeeper.embedded-port=0"));
        all.addAll(settings);
        return installation
                .start("mesh", Installation.settings(all.toArray(String[]::new)))
                .awaitReady();
    }

    /** Kills the mesh and starts another one at the same port. */
    void restart() {
        process.kill();
        process = start(installation, grpcPort, settings);
    }

    int grpcPort() {
        return grpcPort;
    }

    String httpUrl() {
        return process.meshUrl();
    }

    Rest http() {
        return new Rest(httpUrl());
    }

    Rest admin() {
        return new Rest(process.adminUrl());
    }

    /** Waits until as many members are attached to the group's subscriptions to the topic. */
    void awaitMembers(String group, String topic, int count) {
        await("%d members of %s %s".formatted(count, group, topic))
                .atMost(Duration.ofSeconds(30))
                .until(() -> members(group, topic), found -> found == count);
    }

    /** Members of subscriptions to the topic; of passing groups, whose names nobody knows, with an empty group. */
    private int members(String group, String topic) {
        int members = 0;
        for (JsonNode item : admin().get("/api/v1/subscriptions").path("items")) {
            JsonNode spec = item.path("spec");
            boolean named = group.isEmpty() || spec.path("group").asText().equals(group);
            if (named && spec.path("pattern").asText().equals(topic)) {
                members += item.path("status").path("members").asInt();
            }
        }
        return members;
    }

    /** Everything that the mesh said. */
    String output() {
        return process.out() + process.err();
    }

    @Override
    public void close() {
        installation.close();
    }
}
