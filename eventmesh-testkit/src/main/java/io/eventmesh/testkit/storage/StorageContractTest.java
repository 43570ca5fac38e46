package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.Durability;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Partitioner;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link Storage} keeps to: streams, appends, bounds and its own life, and its groups. */
public abstract class StorageContractTest extends StoragePassingGroupsContract {
    private static final Bounds TIGHT = new Bounds(20_000, 10, Duration.ofSeconds(30));
    /** Events of 1,000 bytes that are more than {@link #TIGHT} allows. */
    private static final int MANY = 100;

    @Test
    void aStreamIsListedOnceItIsMade() {
        stream(ORDERS, 3);

        assertThat(storage.stream(ORDERS)).contains(new StreamInfo(ORDERS, new StreamSettings(3), 0, 0));
        assertThat(storage.streams()).extracting(StreamInfo::name).containsExactly(ORDERS);
        assertThat(storage.stream(BILLS)).isEmpty();
    }

    @Test
    void aStreamCountsItsEventsAndBytes() {
        stream(ORDERS, 2);
        EventRecord one = orders.padding(10).record("1");
        EventRecord two = orders.padding(1_000).record("2");

        append(List.of(one, two));

        StreamInfo info = storage.stream(ORDERS).orElseThrow();
        assertThat(info.events()).isEqualTo(2);
        assertThat(info.bytes())
                .isGreaterThanOrEqualTo(one.event().size() + two.event().size());
    }

    @Test
    void makingAStreamAgainWithTheSameSettingsChangesNothing() {
        stream(ORDERS, 2);
        append("1");

        stream(ORDERS, 2);

        assertThat(storage.stream(ORDERS).orElseThrow().events()).isEqualTo(1);
    }

    @Test
    void makingAStreamAgainWithOtherSettingsIsRefused() {
        stream(ORDERS, 2);

        CompletionStage<Void> answer = storage.createStream(ORDERS, new StreamSettings(3));

        assertThatThrownBy(() -> await(answer)).hasMessageContaining("2").hasMessageContaining("3");
        assertThat(refusal(answer)).isEqualTo(ErrorCode.ALREADY_EXISTS);
        assertThat(storage.stream(ORDERS).orElseThrow().settings().partitions()).isEqualTo(2);
    }

    @Test
    void appendingToAStreamThatIsNotThereIsRefusedForEachRecord() {
        List<CompletionStage<Position>> answers =
                storage.append(ORDERS, List.of(orders.record("1"), orders.record("2")), 0);

        assertThat(answers).hasSize(2);
        assertThat(answers).allSatisfy(answer -> assertThat(refusal(answer)).isEqualTo(ErrorCode.TOPIC_NOT_FOUND));
    }

    @Test
    void appendingNothingAnswersNothing() {
        stream(ORDERS, 1);

        assertThat(storage.append(ORDERS, List.of(), 0)).isEmpty();
    }

    @Test
    void offsetsGrowInAppendOrder() {
        stream(ORDERS, 1);

        List<Position> first = append("1", "2", "3");
        List<Position> second = append("4");

        List<Long> offsets = new ArrayList<>();
        first.forEach(position -> offsets.add(position.offset()));
        second.forEach(position -> offsets.add(position.offset()));
        assertThat(offsets).isSorted().doesNotHaveDuplicates();
        assertThat(first)
                .allSatisfy(position -> assertThat(position.partition()).isEqualTo(FIRST));
    }

    @Test
    void aKeyNamesThePartitionWhateverTheSpread() {
        stream(ORDERS, 5);

        for (int i = 0; i < 20; i++) {
            String key = "key-" + i;
            Position position =
                    await(storage.append(ORDERS, List.of(orders.key(key).record("e" + i)), i)
                            .get(0));

            assertThat(position.partition().index()).isEqualTo(Partitioner.partition(key, 5));
        }
    }

    @Test
    void theSpreadNamesThePartitionOfRecordsWithoutAKey() {
        stream(ORDERS, 4);

        List<Integer> partitions = IntStream.of(0, 1, 5, -1, Integer.MIN_VALUE)
                .map(spread -> await(storage.append(ORDERS, List.of(orders.record("e")), spread)
                                .get(0))
                        .partition()
                        .index())
                .boxed()
                .toList();

        assertThat(partitions).containsExactly(0, 1, 1, 3, Math.floorMod(Integer.MIN_VALUE, 4));
    }

    @Test
    void theWholeRecordComesBack() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        EventRecord record = orders.key("k")
                .hops(3)
                .target("rule/target")
                .principal("somebody")
                .notBefore(clock.millis() + 60_000)
                .padding(77)
                .record("1");
        append(List.of(record));
        RecordingListener listener = new RecordingListener();

        reader(GROUP, listener).request(FIRST, 1);

        eventually(() -> assertThat(listener.records()).hasSize(1));
        EventRecord read = listener.records().get(0).record();
        assertThat(read).usingRecursiveComparison().ignoringFields("event").isEqualTo(record);
        assertThat(read.event().toByteArray()).isEqualTo(record.event().toByteArray());
    }

    @Test
    void aDeletedStreamIsGoneAndCanBeMadeAgainEmpty() {
        stream(ORDERS, 2);
        append("1");

        await(storage.deleteStream(ORDERS));

        assertThat(storage.stream(ORDERS)).isEmpty();
        assertThat(refusal(
                        storage.append(ORDERS, List.of(orders.record("2")), 0).get(0)))
                .isEqualTo(ErrorCode.TOPIC_NOT_FOUND);
        stream(ORDERS, 3);
        assertThat(storage.stream(ORDERS)).contains(new StreamInfo(ORDERS, new StreamSettings(3), 0, 0));
    }

    @Test
    void deletingAStreamThatIsNotThereChangesNothing() {
        await(storage.deleteStream(ORDERS));

        assertThat(storage.streams()).isEmpty();
    }

    @Test
    void aRecordLargerThanAStreamIsRefusedAndTheOthersAreStored() {
        storage = started(TIGHT);
        stream(ORDERS, 1);

        List<CompletionStage<Position>> answers = storage.append(
                ORDERS,
                List.of(
                        orders.record("1"),
                        orders.padding(30_000).record("large"),
                        orders.padding(0).record("2")),
                0);

        await(answers.get(0));
        assertThat(refusal(answers.get(1))).isEqualTo(ErrorCode.EVENT_TOO_LARGE);
        await(answers.get(2));
        assertThat(storage.stream(ORDERS).orElseThrow().events()).isEqualTo(2);
    }

    @Test
    void aFullStreamRefusesAndRecoversWhenItsGroupAcksIfAndOnlyIfTheStorageIsBounded() {
        storage = started(TIGHT);
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        if (!can(Capability.BOUNDED)) {
            overfill();
            assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(MANY);
            return;
        }
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);
        reader.request(FIRST, Long.MAX_VALUE);

        int stored = fill();
        assertThat(storage.stream(ORDERS).orElseThrow().bytes()).isLessThanOrEqualTo(20_000);
        eventually(() -> assertThat(listener.records()).hasSize(stored));
        commitAll(reader, listener);

        assertThat(fill()).isPositive();
        assertThat(storage.group(GROUP).orElseThrow().gaps()).isEmpty();
    }

    /** More than the bound allows. */
    private void overfill() {
        for (int i = 0; i < MANY; i++) {
            append(List.of(orders.padding(1_000).record("e" + i)));
        }
    }

    private int fill() {
        int stored = 0;
        while (true) {
            CompletionStage<Position> answer = storage.append(
                            ORDERS, List.of(orders.padding(1_000).record("fill")), 0)
                    .get(0);
            try {
                await(answer);
                stored++;
            } catch (RuntimeException refused) {
                assertThat(refusal(answer)).isEqualTo(ErrorCode.STORAGE_FULL);
                return stored;
            }
            assertThat(stored).isLessThan(1_000);
        }
    }

    private static void commitAll(GroupReader reader, RecordingListener listener) {
        List<Position> read =
                listener.records().stream().map(each -> each.position()).toList();
        await(reader.commit(
                FIRST,
                listener.assignment(FIRST).epoch(),
                Progress.at(read.get(read.size() - 1).offset() + 1)));
    }

    @Test
    void aStreamWithoutGroupsKeepsTheNewestIfTheStorageIsBoundedAndAllIfItIsNot() {
        storage = started(TIGHT);
        stream(ORDERS, 1);

        overfill();

        group(GROUP, Start.earliest());
        int kept = (int) storage.stream(ORDERS).orElseThrow().events();
        if (can(Capability.BOUNDED)) {
            assertThat(idsOf(GROUP, kept))
                    .hasSizeBetween(5, 30)
                    .endsWith("e98", "e99")
                    .doesNotContain("e0");
        } else {
            assertThat(idsOf(GROUP, MANY)).hasSize(MANY).startsWith("e0").endsWith("e99");
        }
    }

    @Test
    void aStalledGroupIsCutOffIfAndOnlyIfTheStorageSaysSo() {
        storage = started(TIGHT);
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        if (!can(Capability.BOUNDED)) {
            overfill();
            clock.advance(Duration.ofSeconds(31));
            append("after");
            assertThat(can(Capability.CUT_OFF)).isFalse();
            assertThat(storage.group(GROUP).orElseThrow().cutOff()).isFalse();
            assertThat(storage.group(GROUP).orElseThrow().gaps()).isEmpty();
            assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(MANY + 1);
            return;
        }
        int stored = fill();
        assertThat(stored).isGreaterThan(10);

        clock.advance(Duration.ofSeconds(31));
        CompletionStage<Position> answer = storage.append(
                        ORDERS, List.of(orders.padding(1_000).record("after")), 0)
                .get(0);

        if (can(Capability.CUT_OFF)) {
            await(answer);
            assertThat(storage.group(GROUP).orElseThrow().cutOff()).isTrue();
            Gap gap = storage.group(GROUP).orElseThrow().gaps().get(0);
            assertThat(gap.why()).isEqualTo(Gap.Why.CUT_OFF);
            assertThat(gap.partition()).isEqualTo(FIRST);
            assertThat(gap.count()).isPositive();
        } else {
            assertThat(refusal(answer)).isEqualTo(ErrorCode.STORAGE_FULL);
            assertThat(storage.group(GROUP).orElseThrow().cutOff()).isFalse();
            assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(stored);
        }
    }

    @Test
    void aYieldingStreamNeverWaitsForAGroupIfAndOnlyIfTheStorageCutsOff() {
        storage = started(TIGHT);
        await(storage.createStream(ORDERS, new StreamSettings(1, true)));
        group(GROUP, Start.earliest());
        if (!can(Capability.BOUNDED)) {
            overfill();
            assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(MANY);
            return;
        }
        if (!can(Capability.CUT_OFF)) {
            int stored = fill();
            assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(stored);
            return;
        }

        overfill();

        GroupInfo behind = storage.group(GROUP).orElseThrow();
        assertThat(behind.cutOff()).isTrue();
        assertThat(behind.gaps()).hasSize(1);
        assertThat(behind.gaps().get(0).why()).isEqualTo(Gap.Why.CUT_OFF);
        assertThat(behind.gaps().get(0).count() + behind.lagEvents()).isEqualTo(MANY);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = await(storage.openReader(GROUP, listener));
        reader.request(FIRST, Long.MAX_VALUE);
        commitAll(reader, listener);
        assertThat(storage.group(GROUP).orElseThrow().cutOff()).isFalse();
        assertThat(listener.ids()).endsWith("e98", "e99");
    }

    @Test
    void whatIsStoredIsThereAgainIfAndOnlyIfTheStorageSaysSo() {
        stream(ORDERS, 2);
        group(GROUP, Start.earliest());
        append("1", "2");

        reopen();

        if (can(Capability.PERSISTENT)) {
            assertThat(storage.stream(ORDERS).orElseThrow().settings().partitions())
                    .isEqualTo(2);
            assertThat(storage.stream(ORDERS).orElseThrow().events()).isEqualTo(2);
            assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
            assertThat(idsOf(GROUP, 2)).containsExactly("1", "2");
            assertThat(append("3")).hasSize(1);
        } else {
            assertThat(storage.streams()).isEmpty();
            assertThat(storage.groups()).isEmpty();
        }
    }

    @Test
    void durabilityAndCapabilitiesAreConstantAndAgree() {
        Storage unstarted = made(Bounds.WIDE);

        assertThat(unstarted.durability()).isEqualTo(storage.durability());
        assertThat(unstarted.capabilities()).isEqualTo(storage.capabilities());
        assertThat(can(Capability.PERSISTENT)).isEqualTo(storage.durability() != Durability.MEMORY);
    }

    @Test
    void healthSaysWhetherItServes() {
        Storage unstarted = made(Bounds.WIDE);

        assertThat(unstarted.health().state()).isEqualTo(Health.State.DOWN);
        assertThat(storage.health().state()).isEqualTo(Health.State.UP);
        if (storage.durability() == Durability.MEMORY) {
            assertThat(storage.health().detail()).contains("volatile");
        }
        storage.close();
        assertThat(storage.health().state()).isEqualTo(Health.State.DOWN);
    }

    @Test
    void itIsUnavailableBeforeStart() {
        everythingIsRefused(made(Bounds.WIDE));
    }

    @Test
    void itIsUnavailableAfterClose() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());

        storage.close();

        everythingIsRefused(storage);
    }

    @Test
    void itCanBeClosedAnyNumberOfTimesInAnyState() {
        Storage unstarted = made(Bounds.WIDE);

        unstarted.close();
        unstarted.close();
        storage.close();
        storage.close();

        everythingIsRefused(unstarted);
        everythingIsRefused(storage);
    }

    private void everythingIsRefused(Storage refusing) {
        ErrorCode code = ErrorCode.STORAGE_UNAVAILABLE;
        assertThat(refusal(refusing.createStream(BILLS, new StreamSettings(1)))).isEqualTo(code);
        assertThat(refusal(refusing.deleteStream(ORDERS))).isEqualTo(code);
        assertThat(refusal(
                        refusing.append(ORDERS, List.of(orders.record("1")), 0).get(0)))
                .isEqualTo(code);
        assertThat(refusal(refusing.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, Start.latest())))
                .isEqualTo(code);
        assertThat(refusal(refusing.createPassingGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT)))
                .isEqualTo(code);
        assertThat(refusal(refusing.alterGroup(GROUP, DeliveryTerms.DEFAULT))).isEqualTo(code);
        assertThat(refusal(refusing.moveGroup(GROUP, Start.latest()))).isEqualTo(code);
        assertThat(refusal(refusing.deleteGroup(GROUP))).isEqualTo(code);
        assertThat(refusal(refusing.openReader(GROUP, new RecordingListener()))).isEqualTo(code);
        assertThat(refusal(() -> refusing.stream(ORDERS))).isEqualTo(code);
        assertThat(refusal(refusing::streams)).isEqualTo(code);
        assertThat(refusal(() -> refusing.group(GROUP))).isEqualTo(code);
        assertThat(refusal(refusing::groups)).isEqualTo(code);
        assertThat(refusal(refusing.parking().tickets(GROUP))).isEqualTo(code);
    }

    @Test
    void noThreadIsLeftAfterClose() {
        storage.close();
        Set<Thread> before = Set.copyOf(Thread.getAllStackTraces().keySet());
        Storage another = started(Bounds.WIDE);
        await(another.createStream(ORDERS, new StreamSettings(2)));
        await(another.append(ORDERS, List.of(orders.record("1")), 0).get(0));

        another.close();

        Set<String> left = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.isAlive() && !before.contains(thread))
                .map(Thread::getName)
                .filter(name -> !name.startsWith("Common-Cleaner") && !name.startsWith("awaitility"))
                .collect(Collectors.toSet());
        assertThat(left).isEmpty();
    }
}
