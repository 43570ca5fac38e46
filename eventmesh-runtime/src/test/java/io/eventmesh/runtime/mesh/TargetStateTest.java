package io.eventmesh.runtime.mesh;

import static io.eventmesh.runtime.mesh.LaneFixture.rule;
import static io.eventmesh.runtime.mesh.LaneFixture.target;
import static io.eventmesh.runtime.mesh.MeshFixture.event;
import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.proto.v1.DeliveryPolicy;
import io.eventmesh.spi.mesh.TargetStatus.State;
import io.eventmesh.spi.security.Authorizer;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.target.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A target rests, stops, waits and goes on, and what it cannot take waits for it, in order, and holds nothing. */
class TargetStateTest {
    private static final StreamName ASIDE = new StreamName("default", "_t/default/b/r/t");

    private final LaneFixture fixture = new LaneFixture();
    private final FakeTargets targets = fixture.mesh.targets;

    @AfterEach
    void close() {
        fixture.close();
    }

    private static Outcome again() {
        return new Outcome.Again(ErrorCode.DELIVERY_FAILED, "connection refused", Duration.ZERO);
    }

    private static DeliveryPolicy.Builder breaking(DeliveryPolicy.Builder policy) {
        return policy.setMaxAttempts(5).setBreakerFailures(3).setBreakerRestMs(10_000);
    }

    private void results(int from, int to) {
        for (int i = from; i < to; i++) {
            fixture.result(event("" + i, "k" + i % 3));
        }
    }

    /** Each key's events as they were taken last. */
    private List<Integer> taken(int key, List<String> sent) {
        return sent.stream().map(Integer::parseInt).filter(id -> id % 3 == key).toList();
    }

    private static List<Integer> every3rd(int from, int to) {
        return IntStream.iterate(from, i -> i < to, i -> i + 3).boxed().toList();
    }

    @Test
    void aTargetThatFailsInARowRestsAndIsTriedByOneCallThen() {
        fixture.define(TargetStateTest::breaking);
        targets.answer(again());
        results(0, 30);
        fixture.pass(Duration.ofSeconds(1));

        assertThat(fixture.status().state()).isEqualTo(State.CIRCUIT_OPEN);
        assertThat(fixture.status().reason()).isEqualTo("connection refused");
        assertThat(fixture.status().parked()).isEqualTo(30);
        assertThat(fixture.sent()).hasSize(3);

        fixture.pass(Duration.ofSeconds(25));
        assertThat(fixture.sent()).hasSize(5);
        assertThat(fixture.status().state()).isEqualTo(State.CIRCUIT_OPEN);
        targets.answer(new Outcome.Done());
        fixture.pass(Duration.ofSeconds(10));

        assertThat(fixture.status().state()).isEqualTo(State.RUNNING);
        assertThat(fixture.status().delivered()).isEqualTo(30);
        assertThat(fixture.letters()).isEmpty();
        List<String> after = fixture.sent().subList(5, 35);
        for (int key = 0; key < 3; key++) {
            assertThat(taken(key, after)).isEqualTo(every3rd(key, 30));
        }
        assertThat(fixture.status().parked()).isZero();
    }

    @Test
    void whatComesWhileOthersWaitStaysBehindThem() {
        fixture.define(TargetStateTest::breaking);
        targets.answer(again());
        results(0, 30);
        targets.silent();
        fixture.pass(Duration.ofSeconds(10));
        results(30, 60);
        for (int i = 0; i < 100; i++) {
            targets.answerAll(new Outcome.Done());
            fixture.pass(Duration.ofMillis(100));
        }
        results(60, 90);
        targets.answer(new Outcome.Done());
        targets.answerAll(new Outcome.Done());
        fixture.pass(Duration.ofSeconds(5));

        List<String> after = fixture.sent().subList(3, fixture.sent().size());
        for (int key = 0; key < 3; key++) {
            assertThat(taken(key, after)).isEqualTo(every3rd(key, 90));
        }
    }

    @Test
    void attemptsOfWhatWaitsAreNotCounted() {
        fixture.define(policy -> policy.setMaxAttempts(3).setBreakerFailures(2).setBreakerRestMs(1_000));
        targets.answer(again());
        results(0, 9);
        fixture.pass(Duration.ofMillis(900));
        assertThat(fixture.letters()).isEmpty();
        targets.answer(new Outcome.Done());
        fixture.pass(Duration.ofMinutes(1));
        assertThat(fixture.letters()).isEmpty();
        assertThat(fixture.status().delivered()).isEqualTo(9);
    }

    @Test
    void aTargetThatToleratesNothingStopsAndGoesOnWhenItsEpochIsRaised() {
        fixture.define(policy -> policy.setMaxAttempts(2).setStopOnFailure(true));
        targets.answer(again());
        results(0, 9);
        fixture.pass(Duration.ofMinutes(1));

        assertThat(fixture.status().state()).isEqualTo(State.DISABLED);
        assertThat(fixture.status().reason()).isEqualTo("connection refused");
        assertThat(fixture.letters()).isEmpty();
        int before = fixture.sent().size();
        results(9, 18);
        fixture.pass(Duration.ofMinutes(10));
        assertThat(fixture.sent()).hasSize(before);
        assertThat(fixture.status().parked()).isEqualTo(18);

        targets.answer(new Outcome.Done());
        fixture.define(rule(
                "r",
                target(policy -> policy.setMaxAttempts(2).setStopOnFailure(true))
                        .setEpoch(1)));
        fixture.pass(Duration.ofSeconds(5));

        assertThat(fixture.status().state()).isEqualTo(State.RUNNING);
        List<String> after = fixture.sent().subList(before, fixture.sent().size());
        for (int key = 0; key < 3; key++) {
            assertThat(taken(key, after)).isEqualTo(every3rd(key, 18));
        }
    }

    @Test
    void oneThatWantsNothingMoreIsDisabledAndGoesOnUnderAnotherForm() {
        fixture.define(policy -> policy);
        targets.answer(new Outcome.Stop(ErrorCode.DELIVERY_FAILED, "410 Gone"));
        results(0, 3);
        assertThat(fixture.status().state()).isEqualTo(State.DISABLED);
        assertThat(fixture.status().reason()).isEqualTo("410 Gone");
        int before = fixture.sent().size();

        targets.answer(new Outcome.Done());
        fixture.define(rule("r", target(policy -> policy).setSpec("{\"other\":1}")));
        fixture.pass(Duration.ofSeconds(5));

        assertThat(fixture.sent().subList(before, fixture.sent().size())).containsExactlyInAnyOrder("0", "1", "2");
        assertThat(fixture.letters()).isEmpty();
    }

    @Test
    void aPausedTargetsEventsWaitAndNothingIsLost() {
        fixture.define(rule("r", target(policy -> policy).setPaused(true)));
        results(0, 30);
        assertThat(fixture.status().state()).isEqualTo(State.PAUSED);
        assertThat(fixture.sent()).isEmpty();
        assertThat(fixture.status().parked()).isEqualTo(30);
        assertThat(fixture.status().oldestMillis()).isEqualTo(fixture.mesh.time.millis());

        fixture.define(policy -> policy);
        fixture.pass(Duration.ofSeconds(2));

        for (int key = 0; key < 3; key++) {
            assertThat(taken(key, fixture.sent())).isEqualTo(every3rd(key, 30));
        }
        results(30, 33);
        assertThat(fixture.sent()).hasSize(33);
    }

    @Test
    void oneThatHasNotConsentedYetIsPending() {
        targets.consent(new Outcome.Again(ErrorCode.DELIVERY_FAILED, "no answer", Duration.ZERO));
        fixture.define(policy -> policy);
        assertThat(fixture.status().state()).isEqualTo(State.PENDING_VALIDATION);
        assertThat(fixture.status().reason()).isEqualTo("no answer");
        results(0, 3);
        assertThat(fixture.status().parked()).isEqualTo(3);
        assertThat(fixture.sent()).isEmpty();

        targets.consent(new Outcome.Done());
        fixture.pass(Duration.ofSeconds(5));

        assertThat(fixture.status().state()).isEqualTo(State.RUNNING);
        assertThat(fixture.sent()).containsExactlyInAnyOrder("0", "1", "2");
    }

    @Test
    void whatWaitsIsFoundByTheNextProcess() {
        fixture.define(rule("r", target(policy -> policy).setPaused(true)));
        results(0, 30);
        fixture.lanes.close();
        fixture.mesh.mesh.close();

        LocalMesh next = fixture.mesh.mesh(fixture.mesh.storage, MeshSettings.defaults("r1"), Authorizer.allowAll());
        next.start();
        fixture.lanes = fixture.lanes(next);
        fixture.define(policy -> policy);
        fixture.pass(Duration.ofSeconds(10));

        for (int key = 0; key < 3; key++) {
            assertThat(taken(key, fixture.sent())).isEqualTo(every3rd(key, 30));
        }
        next.close();
    }

    @Test
    void whatWaitedForADeletedTargetGoesToItsDeadLetterAndItsStreamIsRemoved() {
        fixture.define(rule("r", target(policy -> policy).setPaused(true)));
        results(0, 30);
        fixture.define();
        fixture.pass(Duration.ofMinutes(3));

        assertThat(fixture.letters())
                .hasSize(30)
                .allSatisfy(letter -> assertThat(letter.record().event().attribute("dlreason"))
                        .isEqualTo("unknown-target"));
        assertThat(fixture.mesh.storage.stream(ASIDE)).isEmpty();
        assertThat(fixture.mesh.storage.groups())
                .noneMatch(group -> group.name().group().startsWith("_targets/b/"));
    }

    private long parkedByEngine() {
        return fixture.mesh.storage.groups().stream()
                .filter(group -> group.name().group().startsWith("_targets/"))
                .mapToLong(GroupInfo::parked)
                .sum();
    }

    private long behind(String group) {
        return fixture.mesh.storage.groups().stream()
                .filter(info -> info.name().group().equals(group))
                .mapToLong(GroupInfo::lagEvents)
                .sum();
    }

    @Test
    void whatComesFasterThanItsTargetTakesItIsNotKeptInMemoryAndStaysInOrder() {
        int count = 15_000;
        fixture.define(policy -> policy.setRatePerSecond(10));
        results(0, count);
        fixture.pass(Duration.ofSeconds(5));

        assertThat(fixture.status().parked()).isGreaterThan(count - 3_000);
        assertThat(parkedByEngine()).isLessThan(3_000);
        fixture.define(policy -> policy);
        fixture.pass(Duration.ofSeconds(60));

        assertThat(fixture.sent()).hasSize(count);
        for (int key = 0; key < 3; key++) {
            assertThat(taken(key, fixture.sent())).isEqualTo(every3rd(key, count));
        }
        assertThat(fixture.status().parked()).isZero();
        assertThat(parkedByEngine()).isZero();
    }

    @Test
    void aDeadTargetWithoutABreakerIsNotKeptInMemoryEither() {
        int count = 15_000;
        fixture.define(
                policy -> policy.setMaxAttempts(100).setInitialDelayMs(60_000).setMaxDelayMs(60_000));
        targets.answer(again());
        for (int i = 0; i < count; i++) {
            fixture.result(event("" + i, "k" + i % 3_000));
        }
        fixture.pass(Duration.ofSeconds(5));

        assertThat(parkedByEngine()).isLessThan(8_000);
        assertThat(behind("_targets/b")).isZero();
        targets.answer(new Outcome.Done());
        fixture.pass(Duration.ofMinutes(10));
        assertThat(fixture.status().delivered()).isEqualTo(count);
        assertThat(fixture.letters()).isEmpty();
    }

    @Test
    void aDeadTargetHoldsNoOtherAndIsNotKeptInMemory() {
        int count = 20_000;
        fixture.define(rule("dead", target(TargetStateTest::breaking)), rule("good", target(policy -> policy)));
        List<String> good = new ArrayList<>();
        targets.answering(record -> {
            if (String.valueOf(record.target()).startsWith("dead")) {
                return again();
            }
            good.add(record.event().id());
            return new Outcome.Done();
        });
        for (int i = 0; i < count; i++) {
            fixture.result("dead", event("d" + i, "k" + i % 50));
            fixture.result("good", event("g" + i, "k" + i % 50));
        }

        fixture.pass(Duration.ofSeconds(2));

        assertThat(good).hasSize(count);
        assertThat(fixture.status("dead").parked()).isEqualTo(count);
        assertThat(fixture.mesh.storage.groups())
                .allSatisfy(group -> assertThat(group.parked()).isZero());
        assertThat(fixture.mesh.storage.groups())
                .filteredOn(group -> group.name().group().equals("_targets/b"))
                .singleElement()
                .satisfies(group -> assertThat(group.lagEvents()).isZero());
    }
}
