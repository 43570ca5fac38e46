package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.now;

import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.runtime.mesh.lane.TargetLanes;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.DeadLetterDesk.Choice;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TargetStatus;
import io.eventmesh.spi.storage.StoredRecord;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** A mesh whose bus {@code b} has rules with targets of the kind {@code fake}; the test owns time. */
final class LaneFixture implements AutoCloseable {
    /** 4 attempts, a second between them, no jitter. */
    static final DeliveryPolicy POLICY = DeliveryPolicy.newBuilder()
            .setMaxAttempts(4)
            .setInitialDelayMs(1_000)
            .setMultiplier(1)
            .setMaxDelayMs(1_000)
            .setJitter(DeliveryPolicy.Jitter.JITTER_NONE)
            .setTimeoutMs(30_000)
            .setRetryAfterMaxMs(3_600_000)
            .setOrderingKey("partitionkey")
            .setBatchEvents(1)
            .setMaxInFlight(16)
            .build();

    final MeshFixture mesh;
    TargetLanes lanes;

    LaneFixture() {
        this(new MeshFixture());
    }

    LaneFixture(MeshFixture mesh) {
        this.mesh = mesh;
        this.lanes = lanes(mesh.mesh);
    }

    TargetLanes lanes(LocalMesh of) {
        TargetLanes made =
                new TargetLanes(of.outbox(), of.backlogs(), of.senders(), Runnable::run, new Random(3), mesh.meters);
        of.deliversTo(made);
        return made;
    }

    static TargetDefinition.Builder target(UnaryOperator<DeliveryPolicy.Builder> policy) {
        return TargetDefinition.newBuilder()
                .setName("t")
                .setKind("fake")
                .setSpec("{}")
                .setDelivery(policy.apply(POLICY.toBuilder()));
    }

    static RuleDefinition rule(String name, TargetDefinition.Builder target) {
        return RuleDefinition.newBuilder()
                .setNamespace("default")
                .setBus("b")
                .setName(name)
                .setRevision(7)
                .addTargets(target)
                .build();
    }

    void define(RuleDefinition... rules) {
        lanes.update(Definitions.newBuilder()
                .setVersion(1)
                .addBuses(BusDefinition.newBuilder().setNamespace("default").setName("b"))
                .addAllRules(List.of(rules))
                .build());
    }

    /** The one target {@code r/t}. */
    void define(UnaryOperator<DeliveryPolicy.Builder> policy) {
        define(rule("r", target(policy)));
    }

    void result(String rule, Event event) {
        now(mesh.mesh.publish(RUNTIME, new Outgoing(TopicName.of("_t/default/b"), event, rule + "/t@7", 1)));
    }

    void result(Event event) {
        result("r", event);
    }

    void pass(Duration time) {
        mesh.time.advance(time);
    }

    List<String> sent() {
        return mesh.targets.sent();
    }

    TargetStatus status() {
        return status("r");
    }

    TargetStatus status(String rule) {
        return now(mesh.mesh.admin().targets("default", rule, "", 0)).get(0);
    }

    List<StoredRecord> letters(String topic) {
        StreamName stream = new StreamName("default", topic);
        return mesh.storage.stream(stream).isEmpty()
                ? List.of()
                : now(mesh.mesh.admin().deadLetters().read(stream, Choice.ALL, "", 500))
                        .letters();
    }

    List<StoredRecord> letters() {
        return letters("_dl/default/rule/r/t");
    }

    @Override
    public void close() {
        lanes.close();
        mesh.close();
    }
}
