package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.MeshFixture.CALLER;
import static io.eventmesh.runtime.mesh.MeshFixture.RUNTIME;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static io.eventmesh.runtime.mesh.MeshFixture.now;
import static io.eventmesh.runtime.mesh.MeshFixture.refused;
import static io.eventmesh.runtime.mesh.MeshFixture.terms;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.runtime.config.LimitsConfig;
import io.eventmesh.runtime.config.LimitsConfig.Quota;
import io.eventmesh.runtime.config.LimitsConfig.Rate;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.CallContext;
import io.eventmesh.spi.mesh.Member;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.security.Principal;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.testkit.mesh.RecordingReceiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LimitsTest {
    private static final LimitsConfig NONE = LimitsConfig.defaults();
    private static final Rate TWO = new Rate(2, new DataSize(0));

    private @Nullable MeshFixture open;

    @AfterEach
    void close() {
        if (open != null) {
            open.close();
        }
    }

    private MeshFixture with(LimitsConfig limits) {
        MeshFixture fixture = new MeshFixture(MeshSettings.defaults("r1").withLimits(limits));
        open = fixture;
        return fixture;
    }

    private static CompletionStage<Position> send(MeshFixture fixture, CallContext as, String topic) {
        return fixture.mesh.publish(as, new Outgoing(TopicName.of(topic), event("1")));
    }

    private static CallContext client(String name) {
        return CallContext.of(new Principal(name, Principal.Kind.USER), "test");
    }

    private static CallContext connection(int number) {
        return new CallContext(Principal.ANONYMOUS, "default", "test", number, 0, null, null);
    }

    @Test
    void aNamespaceOverItsRateIsToldWhenToComeAgain() {
        MeshFixture fixture = with(NONE.withNamespace(TWO));
        now(send(fixture, CALLER, "a"));
        now(send(fixture, CALLER, "b"));

        EventMeshException refusal = refused(send(fixture, CALLER, "c"), ErrorCode.RATE_LIMITED);
        assertThat(refusal.retryAfter()).isEqualTo(Duration.ofMillis(500));
        assertThat(refusal.reason()).contains("namespace 'default'").contains("2");
        refused(send(fixture, RUNTIME, "c"), ErrorCode.RATE_LIMITED);
        now(send(fixture, CALLER.inNamespace("other"), "a"));

        fixture.time.advance(refusal.retryAfter());
        now(send(fixture, CALLER, "c"));
        refused(send(fixture, CALLER, "c"), ErrorCode.RATE_LIMITED);
    }

    @Test
    void clientsAreKnownByTheirNameOrElseByTheirConnectionAndRuntimesAreFree() {
        MeshFixture fixture = with(NONE.withClient(TWO));
        for (CallContext each : List.of(client("ann"), connection(1), connection(2))) {
            now(send(fixture, each, "a"));
            now(send(fixture, each, "a"));
            refused(send(fixture, each, "a"), ErrorCode.RATE_LIMITED);
        }
        refused(send(fixture, client("ann"), "a"), ErrorCode.RATE_LIMITED);
        for (int i = 0; i < 10; i++) {
            now(send(fixture, RUNTIME, "a"));
        }
    }

    @Test
    void aTopicMayHaveARateOfItsOwn() {
        MeshFixture fixture = with(NONE.withTopic(Rate.UNLIMITED, Map.of("slow", TWO)));
        now(send(fixture, CALLER, "slow"));
        now(send(fixture, CALLER, "slow"));

        assertThat(refused(send(fixture, CALLER, "slow"), ErrorCode.RATE_LIMITED)
                        .reason())
                .contains("topic 'slow'");
        for (int i = 0; i < 10; i++) {
            now(send(fixture, CALLER, "fast"));
        }
    }

    @Test
    void bytesCountAndTheLargestEventPassesHoweverLowTheRate() {
        MeshFixture fixture = with(NONE.withClient(new Rate(0, new DataSize(1_000))));
        Event large = Event.builder()
                .id("1")
                .source("/s")
                .type("t")
                .data(new byte[1_000_000])
                .build();
        now(fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("a"), large)));

        EventMeshException refusal =
                refused(fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("a"), large)), ErrorCode.RATE_LIMITED);

        assertThat(refusal.retryAfter()).isBetween(Duration.ofMinutes(15), Duration.ofMinutes(17));
        fixture.time.advance(refusal.retryAfter());
        now(fixture.mesh.publish(CALLER, new Outgoing(TopicName.of("a"), large)));
    }

    @Test
    void anEventThatOneRateRefusesCostsTheOthersNothing() {
        MeshFixture fixture =
                with(NONE.withClient(new Rate(4, new DataSize(0))).withTopic(Rate.UNLIMITED, Map.of("slow", TWO)));
        now(send(fixture, CALLER, "slow"));
        now(send(fixture, CALLER, "slow"));
        for (int i = 0; i < 10; i++) {
            refused(send(fixture, CALLER, "slow"), ErrorCode.RATE_LIMITED);
        }

        now(send(fixture, CALLER, "fast"));
        now(send(fixture, CALLER, "fast"));
        refused(send(fixture, CALLER, "fast"), ErrorCode.RATE_LIMITED);
    }

    @Test
    void inABatchOnlyWhatIsTooMuchIsRefused() {
        MeshFixture fixture = with(NONE.withClient(TWO));
        List<Outgoing> batch = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            batch.add(new Outgoing(TopicName.of("a"), event("" + i)));
        }

        List<CompletionStage<Position>> answers = fixture.mesh.publish(CALLER, batch);

        now(answers.get(0));
        now(answers.get(1));
        refused(answers.get(2), ErrorCode.RATE_LIMITED);
        refused(answers.get(3), ErrorCode.RATE_LIMITED);
        assertThat(fixture.meters
                        .get("eventmesh.rejected")
                        .tag("reason", "rate")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void repliesCountForTheirSender() {
        MeshFixture fixture = with(NONE.withClient(TWO));
        RecordingReceiver service = new RecordingReceiver();
        fixture.subscribe("g", "ask", service);
        for (int i = 0; i < 2; i++) {
            fixture.mesh.request(
                    client("asks"), new Outgoing(TopicName.of("ask"), event("" + i)), Duration.ofSeconds(1));
        }
        String nobody = "r1/" + "0".repeat(32);
        refused(fixture.mesh.reply(client("answers"), nobody, event("x")), ErrorCode.NOT_FOUND);
        refused(fixture.mesh.reply(client("answers"), nobody, event("x")), ErrorCode.NOT_FOUND);
        refused(fixture.mesh.reply(client("answers"), nobody, event("x")), ErrorCode.RATE_LIMITED);
    }

    // quotas

    @Test
    void noMoreStreamsThanTheQuotaAreMade() {
        MeshFixture fixture = with(NONE.withQuota(new Quota(2, 0, 0)));
        now(send(fixture, CALLER, "a"));
        now(send(fixture, CALLER, "b/x"));

        refused(send(fixture, CALLER, "c"), ErrorCode.QUOTA_EXCEEDED);
        refused(fixture.mesh.subscribe(CALLER, terms("g", "c"), new RecordingReceiver()), ErrorCode.QUOTA_EXCEEDED);
        now(send(fixture, CALLER, "b/y"));
        now(send(fixture, RUNTIME, "_t/default/bus"));
        now(send(fixture, CALLER.inNamespace("other"), "c"));
        assertThat(fixture.meters
                        .get("eventmesh.rejected")
                        .tag("reason", "quota")
                        .counter()
                        .count())
                .isEqualTo(2);
    }

    @Test
    void noMoreSubscriptionsThanTheQuotaAreMade() {
        MeshFixture fixture = with(NONE.withQuota(new Quota(0, 2, 0)));
        fixture.subscribe("g", "a", new RecordingReceiver());
        fixture.subscribe("g", "b", new RecordingReceiver());
        fixture.subscribe("g", "b", new RecordingReceiver());

        refused(fixture.mesh.subscribe(CALLER, terms("g", "c"), new RecordingReceiver()), ErrorCode.QUOTA_EXCEEDED);
        refused(fixture.mesh.putSubscription(CALLER, terms("h", "a")), ErrorCode.QUOTA_EXCEEDED);
        now(fixture.mesh.subscribe(RUNTIME, terms("_rules/b", "a"), new RecordingReceiver()));
    }

    @Test
    void noMoreMembersThanTheQuotaAttachUntilOneLeaves() {
        MeshFixture fixture = with(NONE.withQuota(new Quota(0, 0, 2)));
        Member first = fixture.subscribe("g", "a", new RecordingReceiver());
        fixture.subscribe("", "a", new RecordingReceiver());
        refused(fixture.mesh.subscribe(CALLER, terms("g", "a"), new RecordingReceiver()), ErrorCode.QUOTA_EXCEEDED);

        first.close();

        fixture.subscribe("g", "a", new RecordingReceiver());
    }
}
