package io.eventmesh.runtime.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.net.CallableAddresses;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.mesh.lane.SinkTargetProvider;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.target.Credentials;
import io.eventmesh.spi.target.Outcome;
import io.eventmesh.spi.target.SecretValues;
import io.eventmesh.spi.target.SendTerms;
import io.eventmesh.spi.target.TargetContext;
import io.eventmesh.spi.target.TargetEnvironment;
import io.eventmesh.spi.target.TargetSender;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.mesh.RecordingMesh;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SinkTargetTest {
    private final SinkTargetProvider sinks = new SinkTargetProvider();

    @Test
    void anEventGoesToTheTopicOfTheConnector() {
        ManualTime time = new ManualTime();
        RecordingMesh mesh = new RecordingMesh();
        TargetEnvironment environment = new TargetEnvironment(
                "r1",
                mesh,
                time,
                time,
                Credentials.none(),
                SecretValues.none(),
                new CallableAddresses(true, List.of()));
        EventRecord record = new EventRecord(
                TopicName.of("_t/shop/main"), "k", 1, 2, "all/archive", null, null, 0, MeshFixture.event("1"));

        try (TargetSender sender = sinks.create(
                "{\"connector\": \"archive\", \"topic\": \"archive/in\"}",
                new TargetContext("shop", "all/archive", SendTerms.defaults(), "", environment))) {
            assertThat(sender.send(record, 1).toCompletableFuture()).isCompletedWithValue(new Outcome.Done());
        }

        Outgoing published = mesh.published().get(0).outgoing();
        assertThat(published.topic()).isEqualTo(TopicName.of("archive/in"));
        assertThat(published.event().id()).isEqualTo("1");
        assertThat(published.hops()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{'connector':'archive'}|spec.topic",
                "{'topic':'a'}|spec.connector",
                "{'connector':'a b','topic':'a'}|spec.connector",
                "{'connector':'a','topic':'_t/x'}|spec.topic",
                "{'connector':'a','topic':'a/#'}|spec.topic",
                "{'connector':'a','topic':'a','url':'x'}|spec.url",
                "x|spec"
            })
    void whatIsWrongIsNamed(String spec, String field) {
        assertThatThrownBy(() -> sinks.validate("shop", spec.replace('\'', '"')))
                .isInstanceOfSatisfying(EventMeshException.class, refused -> {
                    assertThat(refused.code()).isEqualTo(ErrorCode.RULE_INVALID);
                    assertThat(refused.reason()).startsWith(field + ": ").contains("(expected: ");
                });
    }
}
