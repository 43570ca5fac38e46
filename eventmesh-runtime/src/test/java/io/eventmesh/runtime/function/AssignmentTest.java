package io.eventmesh.runtime.function;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.proto.v1.RuleGroup;
import io.eventmesh.proto.v1.RuleGroups;
import io.eventmesh.proto.v1.RuleLoad;
import io.eventmesh.rules.BusName;
import io.eventmesh.rules.RuleSource;
import io.eventmesh.testkit.ManualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AssignmentTest {
    @TempDir
    Path directory;

    @Test
    void whereNobodyEverSaidAnythingEverythingIsJudged() {
        Assignment assignment = new Assignment(directory);
        assignment.load();

        assertThat(assignment.holds(source("a"))).isTrue();
    }

    @Test
    void whatWasGivenIsKeptOverAStartWithoutAnAdmin() {
        new Assignment(directory)
                .take(RuleGroups.newBuilder()
                        .addElsewhere(
                                RuleGroup.newBuilder().setNamespace("default").setGroup("_rules/a"))
                        .build());
        Assignment after = new Assignment(directory);
        after.load();

        assertThat(after.holds(source("a"))).isFalse();
        assertThat(after.holds(source("b"))).as("a group that is new").isTrue();
    }

    @Test
    void anUnreadableFileCostsNothing() throws Exception {
        Files.writeString(directory.resolve("rule-groups.bin"), "no message");
        Assignment assignment = new Assignment(directory);
        assignment.load();

        assertThat(assignment.holds(source("a"))).isTrue();
    }

    @Test
    void theLoadOfAGroupFollowsWhatItJudges() {
        ManualTime time = new ManualTime();
        RuleMeters meters = new RuleMeters(new SimpleMeterRegistry());
        GroupLoads loads = new GroupLoads(time, meters);
        var group = source("a").group();
        for (int second = 0; second < 20; second++) {
            meters.of(source("a")).judged.add(100);
            meters.of(source("a")).nanos.add(2_000_000);
            time.advance(Duration.ofSeconds(1));
            loads.of(Set.of(group), Set.of(group));
        }

        List<RuleLoad> told = loads.of(Set.of(group), Set.of());

        assertThat(told).hasSize(1);
        assertThat(told.get(0).getEvents()).isBetween(95.0, 101.0);
        assertThat(told.get(0).getCpuMs()).isBetween(1.9, 2.1);
        assertThat(told.get(0).getJudging()).isFalse();
    }

    private static RuleSource source(String bus) {
        return new RuleSource(
                new io.eventmesh.rules.RuleGroup(new BusName("default", bus), 0, 1, 0), TopicPattern.of("orders/>"));
    }
}
