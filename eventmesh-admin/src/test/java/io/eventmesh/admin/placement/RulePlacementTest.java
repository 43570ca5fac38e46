package io.eventmesh.admin.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.proto.v1.RuleLoad;
import io.eventmesh.proto.v1.RuntimeReport;
import io.eventmesh.testkit.ManualTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RulePlacementTest {
    private final ManualTime time = new ManualTime();
    private final RulePlacement placement = new RulePlacement(time);

    @Test
    void twoRuntimesJudgeByEverything() {
        Map<String, Set<GroupKey>> shares = GroupShares.divide(idle(10), runtimes(2));

        assertThat(shares.values()).allMatch(groups -> groups.size() == 10);
    }

    @Test
    void eachGroupHasTwoRuntimesAndEachRuntimeItsShare() {
        Map<String, Set<GroupKey>> shares = GroupShares.divide(idle(60), runtimes(6));

        assertThat(copies(shares).values()).hasSize(60).containsOnly(2);
        assertThat(shares.values()).allMatch(groups -> groups.size() >= 15 && groups.size() <= 25);
    }

    @Test
    void aGroupThatHasMuchToDoGetsMoreRuntimes() {
        Map<GroupKey, Double> loads = idle(10);
        loads.put(group(3), 1_700.0);

        Map<String, Set<GroupKey>> shares = GroupShares.divide(loads, runtimes(8));

        assertThat(copies(shares)).containsEntry(group(3), 5).containsEntry(group(4), 2);
    }

    @Test
    void whatIsPlacedStaysWhereItIs() {
        Map<String, Set<GroupKey>> shares = GroupShares.divide(idle(60), runtimes(6));

        assertThat(GroupShares.divide(idle(60), shares)).isEqualTo(shares);
    }

    @Test
    void theLossOfARuntimeMovesItsGroupsAndFewOthers() {
        Map<String, Set<GroupKey>> shares = GroupShares.divide(idle(60), runtimes(6));
        Map<String, Set<GroupKey>> left = new TreeMap<>(shares);
        Set<GroupKey> orphaned = Objects.requireNonNull(left.remove("r1"));

        Map<String, Set<GroupKey>> after = GroupShares.divide(idle(60), left);

        assertThat(copies(after).values()).hasSize(60).containsOnly(2);
        long moved = after.entrySet().stream()
                .mapToLong(share -> share.getValue().stream()
                        .filter(group ->
                                !left.getOrDefault(share.getKey(), Set.of()).contains(group))
                        .count())
                .sum();
        assertThat(moved).isBetween((long) orphaned.size(), orphaned.size() + 10L);
    }

    @Test
    void aNewRuntimeGetsItsShare() {
        Map<String, Set<GroupKey>> shares = new TreeMap<>(GroupShares.divide(idle(60), runtimes(4)));
        shares.put("r9", Set.of());

        assertThat(GroupShares.divide(idle(60), shares).get("r9")).hasSizeGreaterThan(5);
    }

    @Test
    void aNewLeaderDecidesNothingBeforeAllHadTimeToReport() {
        report("r1", false);

        assertThat(placement.of("r1", 7)).isEmpty();
        time.advance(Duration.ofSeconds(6));
        report("r1", false);
        assertThat(placement.of("r1", 7).orElseThrow().getElsewhereList()).isEmpty();
        assertThat(placement.of("r1", 8)).isEmpty();
    }

    @Test
    void whoDoesAsItShallIsToldNothing() {
        placement.of("r1", 1);
        time.advance(Duration.ofSeconds(6));
        report("r1", true);

        assertThat(placement.of("r1", 1)).isEmpty();
    }

    @Test
    void oneTooManyIsToldToLeaveAndComesBackForOneThatIsGone() {
        placement.of("r1", 1);
        time.advance(Duration.ofSeconds(6));
        List.of("r1", "r2", "r3").forEach(runtime -> report(runtime, true));
        List<String> leaving = List.of("r1", "r2", "r3").stream()
                .filter(runtime -> placement.of(runtime, 1).isPresent())
                .toList();
        assertThat(leaving).hasSize(1);
        String left = leaving.get(0);
        assertThat(placement.of(left, 1).orElseThrow().getElsewhereList()).hasSize(1);
        String gone = left.equals("r1") ? "r2" : "r1";

        placement.lost(gone);
        time.advance(Duration.ofSeconds(3));
        List.of("r1", "r2", "r3").stream()
                .filter(runtime -> !runtime.equals(gone))
                .forEach(runtime -> report(runtime, !runtime.equals(left)));

        assertThat(placement.of(left, 1).orElseThrow().getElsewhereList()).isEmpty();
    }

    @Test
    void aRuntimeThatIsNoFunctionRuntimeIsToldNothing() {
        placement.heard(
                RuntimeReport.newBuilder().setRuntimeId("m").addRoles("mesh").build());
        placement.of("m", 1);
        time.advance(Duration.ofSeconds(6));

        assertThat(placement.of("m", 1)).isEmpty();
    }

    private void report(String runtime, boolean judging) {
        GroupKey group = group(1);
        placement.heard(RuntimeReport.newBuilder()
                .setRuntimeId(runtime)
                .addRoles("function")
                .addRuleLoads(RuleLoad.newBuilder()
                        .setNamespace(group.namespace())
                        .setGroup(group.group())
                        .setJudging(judging))
                .build());
    }

    private static Map<GroupKey, Integer> copies(Map<String, Set<GroupKey>> shares) {
        Map<GroupKey, Integer> copies = new HashMap<>();
        shares.values().forEach(groups -> groups.forEach(group -> copies.merge(group, 1, Integer::sum)));
        return copies;
    }

    private static Map<GroupKey, Double> idle(int count) {
        Map<GroupKey, Double> loads = new TreeMap<>();
        IntStream.range(0, count).forEach(i -> loads.put(group(i), 0.0));
        return loads;
    }

    private static Map<String, Set<GroupKey>> runtimes(int count) {
        Map<String, Set<GroupKey>> held = new TreeMap<>();
        IntStream.rangeClosed(1, count).forEach(i -> held.put("r" + i, new HashSet<>()));
        return held;
    }

    private static GroupKey group(int number) {
        return new GroupKey("default", "_rules/bus-" + number);
    }
}
