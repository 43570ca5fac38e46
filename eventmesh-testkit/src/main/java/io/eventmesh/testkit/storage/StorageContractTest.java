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
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Partitioner;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.RetryPolicy;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StreamInfo;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every {@link Storage} keeps to as to streams, groups, appends, bounds and its own life. */
public abstract class StorageContractTest extends StorageContract {
    private static final Bounds TIGHT = new Bounds(20_000, 10, Duration.ofSeconds(30));

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
    void aGroupReadsAStreamThatWasDeletedAndMadeAgain() {
        stream(ORDERS, 1);
        group(GROUP, Start.latest());
        await(storage.deleteStream(ORDERS));
        assertThat(storage.group(GROUP).orElseThrow().progress()).isEmpty();

        stream(ORDERS, 1);
        append("1");

        RecordingListener listener = new RecordingListener();
        reader(GROUP, listener).request(FIRST, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("1"));
    }

    @Test
    void aGroupIsListedWithItsTermsAndItsStart() {
        stream(ORDERS, 2);
        DeliveryTerms terms = new DeliveryTerms(
                new RetryPolicy(3, Duration.ofMillis(5), 1.5, Duration.ofSeconds(2)), Duration.ofSeconds(7), false);

        await(storage.createGroup(GROUP, Set.of(ORDERS), terms, Start.latest()));

        assertThat(storage.groups()).hasSize(1).first().satisfies(info -> {
            assertThat(info.name()).isEqualTo(GROUP);
            assertThat(info.terms()).isEqualTo(terms);
            assertThat(info.progress().keySet()).containsExactlyInAnyOrder(FIRST, new StreamPartition(ORDERS, 1));
            assertThat(info.lagEvents()).isZero();
            assertThat(info.parked()).isZero();
            assertThat(info.cutOff()).isFalse();
            assertThat(info.gaps()).isEmpty();
        });
        assertThat(storage.group(group("other"))).isEmpty();
    }

    @Test
    void makingAGroupAgainWithEqualTermsChangesNothingWhateverTheStart() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1", "2");

        group(GROUP, Start.latest());

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
    }

    @Test
    void makingAGroupAgainWithOtherTermsIsRefusedNamingTheDifference() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        DeliveryTerms given = DeliveryTerms.DEFAULT;

        assertThatThrownBy(() -> again(new DeliveryTerms(given.retry(), Duration.ofSeconds(31), true)))
                .hasMessageContaining("ack timeout")
                .hasMessageContaining("PT31S")
                .hasMessageContaining("PT30S");
        assertThatThrownBy(() -> again(new DeliveryTerms(given.retry(), given.ackTimeout(), false)))
                .hasMessageContaining("ordered");
        RetryPolicy once = new RetryPolicy(1, Duration.ZERO, 1, Duration.ZERO);
        assertThatThrownBy(() -> again(new DeliveryTerms(once, given.ackTimeout(), true)))
                .hasMessageContaining("retry");
        assertThat(refusal(() -> again(new DeliveryTerms(once, given.ackTimeout(), true))))
                .isEqualTo(ErrorCode.ALREADY_EXISTS);
    }

    private void again(DeliveryTerms terms) {
        await(storage.createGroup(GROUP, Set.of(ORDERS), terms, Start.earliest()));
    }

    @Test
    void startsAreResolvedWhenTheGroupIsMade() {
        stream(ORDERS, 1);
        append("1");
        clock.advance(Duration.ofSeconds(10));
        List<Position> later = append("2", "3");
        clock.advance(Duration.ofSeconds(10));

        group(group("earliest"), Start.earliest());
        group(group("latest"), Start.latest());
        group(group("time"), new Start.AtTime(clock.instant().minusSeconds(10)));
        group(group("after"), new Start.AtTime(clock.instant()));
        group(group("position"), new Start.AtPosition(later.get(1)));
        append("4");

        assertThat(idsOf("earliest", 4)).containsExactly("1", "2", "3", "4");
        assertThat(idsOf("latest", 1)).containsExactly("4");
        assertThat(idsOf("time", 3)).containsExactly("2", "3", "4");
        assertThat(idsOf("after", 1)).containsExactly("4");
        assertThat(idsOf("position", 2)).containsExactly("3", "4");
    }

    private List<String> idsOf(String group, int count) {
        RecordingListener listener = new RecordingListener();
        reader(group(group), listener).request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).hasSizeGreaterThanOrEqualTo(count));
        return listener.ids();
    }

    @Test
    void aStartAtAPositionBeginsTheOtherPartitionsAtTheirEarliest() {
        stream(ORDERS, 2);
        storage.append(ORDERS, List.of(orders.record("other")), 1).forEach(StorageContract::await);
        List<Position> positions = append("1", "2");

        await(storage.createGroup(
                GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtPosition(positions.get(1))));

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
    }

    @Test
    void aStartAtAPositionOfAnotherStreamIsRefused() {
        stream(ORDERS, 1);
        Position elsewhere = new Position(new StreamPartition(BILLS, 0), 0);

        CompletionStage<Void> answer =
                storage.createGroup(GROUP, Set.of(ORDERS), DeliveryTerms.DEFAULT, new Start.AtPosition(elsewhere));

        assertThat(refusal(answer)).isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(storage.group(GROUP)).isEmpty();
    }

    @Test
    void aGroupReadsSeveralStreamsAndTakesFurtherOnesInFromTheirEarliest() {
        stream(ORDERS, 1);
        stream(BILLS, 1);
        group(GROUP, Start.latest());
        storage.append(BILLS, List.of(RecordFixture.of(BILLS, clock).record("bill")), 0)
                .forEach(StorageContract::await);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);

        await(storage.createGroup(GROUP, Set.of(ORDERS, BILLS), DeliveryTerms.DEFAULT, Start.latest()));

        StreamPartition bills = new StreamPartition(BILLS, 0);
        eventually(() ->
                assertThat(listener.calls(RecordingListener.Assigned.class)).hasSize(2));
        reader.request(bills, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("bill"));
        assertThat(storage.group(GROUP).orElseThrow().progress()).containsOnlyKeys(FIRST, bills);
    }

    @Test
    void aMovedGroupBeginsAtItsNewStart() {
        stream(ORDERS, 1);
        append("1", "2");
        group(GROUP, Start.latest());

        await(storage.moveGroup(GROUP, Start.earliest()));

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
        assertThat(idsOf("group", 2)).containsExactly("1", "2");
    }

    @Test
    void aGroupIsNotMovedWhileAReaderIsOpen() {
        stream(ORDERS, 1);
        group(GROUP, Start.latest());
        GroupReader reader = reader(GROUP, new RecordingListener());

        assertThat(refusal(storage.moveGroup(GROUP, Start.earliest()))).isEqualTo(ErrorCode.FENCED);
        reader.close();
        await(storage.moveGroup(GROUP, Start.earliest()));
    }

    @Test
    void whatIsNotThereIsNotMovedOrRead() {
        assertThat(refusal(storage.moveGroup(GROUP, Start.earliest()))).isEqualTo(ErrorCode.NOT_FOUND);
        assertThat(refusal(storage.openReader(GROUP, new RecordingListener()))).isEqualTo(ErrorCode.NOT_FOUND);
    }

    @Test
    void aDeletedGroupIsGoneAndCanBeMadeAnew() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1");

        await(storage.deleteGroup(GROUP));
        await(storage.deleteGroup(GROUP));

        assertThat(storage.groups()).isEmpty();
        group(GROUP, Start.latest());
        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isZero();
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
    void aFullStreamRefusesAndRecoversWhenItsGroupAcks() {
        storage = started(TIGHT);
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
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
    void aStreamWithoutGroupsKeepsTheNewest() {
        storage = started(TIGHT);
        stream(ORDERS, 1);

        for (int i = 0; i < 100; i++) {
            append(List.of(orders.padding(1_000).record("e" + i)));
        }

        group(GROUP, Start.earliest());
        int kept = (int) storage.stream(ORDERS).orElseThrow().events();
        assertThat(idsOf("group", kept))
                .hasSizeBetween(5, 30)
                .endsWith("e98", "e99")
                .doesNotContain("e0");
    }

    @Test
    void aStalledGroupIsCutOffIfAndOnlyIfTheStorageSaysSo() {
        storage = started(TIGHT);
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
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
    void whatIsStoredIsThereAgainIfAndOnlyIfTheStorageSaysSo() {
        stream(ORDERS, 2);
        group(GROUP, Start.earliest());
        append("1", "2");

        reopen();

        if (can(Capability.PERSISTENT)) {
            assertThat(storage.stream(ORDERS).orElseThrow().events()).isEqualTo(2);
            assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
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
