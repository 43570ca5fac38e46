package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.ids;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.BusDefinition;
import io.eventmesh.proto.v1.Definitions;
import io.eventmesh.proto.v1.RuleDefinition;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.runtime.mesh.lane.TargetLanes;
import io.eventmesh.runtime.mesh.lane.TopicTargetProvider;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TargetLanesTest {
    private final MeshFixture fixture = new MeshFixture();
    private final TargetLanes lanes = new TargetLanes(
            fixture.mesh.outbox(),
            fixture.mesh.backlogs(),
            fixture.mesh.senders(),
            Runnable::run,
            new Random(3),
            fixture.meters);

    @AfterEach
    void close() {
        lanes.close();
        fixture.close();
    }

    private static Definitions definitions(RuleDefinition... rules) {
        return Definitions.newBuilder()
                .setVersion(1)
                .addBuses(BusDefinition.newBuilder().setNamespace("default").setName("b"))
                .addAllRules(List.of(rules))
                .build();
    }

    private static RuleDefinition rule(String name, String kind, String spec) {
        return RuleDefinition.newBuilder()
                .setNamespace("default")
                .setBus("b")
                .setName(name)
                .addTargets(
                        TargetDefinition.newBuilder().setName("t").setKind(kind).setSpec(spec))
                .build();
    }

    private void result(String target, Event event) {
        now(fixture.mesh.publish(RUNTIME, new Outgoing(TopicName.of("_t/default/b"), event, target, 2)));
    }

    @Test
    void aResultReachesItsTopicWithItsHops() {
        RecordingReceiver receiver = new RecordingReceiver();
        fixture.subscribe("g", "names", receiver);
        lanes.update(definitions(rule("r", "topic", "{\"topic\":\"names\"}")));

        result("r/t@7", event("1"));

        assertThat(ids(receiver)).containsExactly("1");
        assertThat(receiver.deliveries().get(0).record().hops()).isEqualTo(2);
        assertThat(receiver.deliveries().get(0).record().target()).isEqualTo("r/t@7");
    }

    @Test
    void whatNoDefinitionKnowsGoesToTheDeadLetterOfTheTargetAfterAWhile() {
        lanes.update(definitions());
        RecordingReceiver letters = new RecordingReceiver();
        now(fixture.mesh.subscribe(RUNTIME, terms("look", "_dl/default/rule/gone/t"), letters))
                .request(10, 1 << 20);
        result("gone/t", event("1"));
        fixture.time.advance(Duration.ofSeconds(5));
        assertThat(letters.deliveries()).isEmpty();

        fixture.time.advance(Duration.ofSeconds(20));

        assertThat(letters.deliveries()).singleElement().satisfies(letter -> {
            assertThat(letter.record().event().attribute("dlreason")).isEqualTo("unknown-target");
            assertThat(letter.record().event().attribute("dlcode")).isEqualTo("NOT_FOUND");
        });
    }

    @Test
    void aStuckTargetDoesNotHoldAnother() {
        RecordingReceiver receiver = new RecordingReceiver();
        fixture.subscribe("g", "names", receiver);
        fixture.targets.silent();
        lanes.update(definitions(rule("stuck", "fake", "{}"), rule("good", "topic", "{\"topic\":\"names\"}")));
        int count = 2_200;
        for (int i = 0; i < count; i++) {
            result("stuck/t", event("s" + i));
        }
        for (int i = 0; i < count; i++) {
            result("good/t", event("g" + i));
        }

        assertThat(receiver.deliveries()).hasSize(count);
        assertThat(fixture.targets.sent()).hasSizeLessThanOrEqualTo(4 * 2 * 256);
    }

    @Test
    void aTargetThatIsNoTopicIsRefusedWithTheField() {
        TopicTargetProvider provider = new TopicTargetProvider();
        provider.validate("default", "{\"topic\":\"a/b\"}");
        assertThatThrownBy(() -> provider.validate("default", "{\"topic\":\"_t/x\"}"))
                .hasMessageContaining("spec.topic");
        assertThatThrownBy(() -> provider.validate("default", "{\"topic\":7}")).hasMessageContaining("spec.topic");
        assertThatThrownBy(() -> provider.validate("default", "nonsense")).hasMessageContaining("spec");
        assertThatThrownBy(() -> provider.validate("default", "{\"topic\":\"a\",\"tpoic\":1}"))
                .hasMessageContaining("spec.tpoic");
    }
}
