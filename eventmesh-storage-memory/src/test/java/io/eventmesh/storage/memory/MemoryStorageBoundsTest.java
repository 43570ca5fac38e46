package io.eventmesh.storage.memory;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.config.DataSize;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.topic.StreamName;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.common.topic.TopicPattern;
import io.eventmesh.spi.storage.DeliveryTerms;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupInfo;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.spi.storage.StreamSettings;
import io.eventmesh.testkit.ManualTime;
import io.eventmesh.testkit.storage.RecordFixture;
import io.eventmesh.testkit.storage.RecordingListener;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Records of 1,000 bytes, so that a bound of 20,000 holds twenty. */
class MemoryStorageBoundsTest {
    private static final StreamName ORDERS = new StreamName("default", "orders");
    private static final StreamName BILLS = new StreamName("default", "bills");
    private static final StreamPartition FIRST = new StreamPartition(ORDERS, 0);
    private static final SubscriptionName SLOW = group("slow");
    private static final SubscriptionName FAST = group("fast");
    private static final Duration STALL = Duration.ofSeconds(30);
    private static final int SIZE = 1_000;

    private final ManualTime clock = new ManualTime();
    private MemoryStorage storage = open(20_000, 20_000, 10, Duration.ZERO);

    private MemoryStorage open(long max, long streamMax, long maxLag, Duration maxAge) {
        MemoryStorage next = TightStorage.of(clock, max, streamMax, maxLag, STALL, maxAge);
        next.start();
        next.createStream(ORDERS, new StreamSettings(1));
        next.createStream(BILLS, new StreamSettings(1));
        return next;
    }

    @AfterEach
    void close() {
        storage.close();
    }

    private static SubscriptionName group(String name) {
        return new SubscriptionName("default", name, TopicPattern.of("orders"));
    }

    private void group(SubscriptionName name, StreamName... streams) {
        value(storage.createGroup(name, Set.of(streams), DeliveryTerms.DEFAULT, Start.earliest()));
    }

    private GroupReader reader(SubscriptionName name, GroupReader.Listener listener) {
        return value(storage.openReader(name, listener));
    }

    private EventRecord record(StreamName stream, String id) {
        return RecordFixture.of(stream, clock).sized(id, SIZE);
    }

    private CompletionStage<Position> append(StreamName stream, String id) {
        return storage.append(stream, List.of(record(stream, id)), 0).get(0);
    }

    /** Appends until it is refused. */
    private int fill(StreamName stream) {
        for (int stored = 0; stored < 1_000; stored++) {
            ErrorCode refused = code(append(stream, "e" + stored));
            if (refused != null) {
                assertThat(refused).isEqualTo(ErrorCode.STORAGE_FULL);
                return stored;
            }
        }
        throw new AssertionError("never refused");
    }

    private static <T> T value(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    /** Everything answers at once, so that there is nothing to wait for. */
    private static @Nullable ErrorCode code(CompletionStage<?> stage) {
        AtomicReference<@Nullable ErrorCode> code = new AtomicReference<>();
        assertThat(stage.toCompletableFuture()).isDone();
        stage.whenComplete((value, failure) ->
                code.set(failure == null ? null : EventMeshException.of(failure).code()));
        return code.get();
    }

    private GroupInfo info(SubscriptionName name) {
        return storage.group(name).orElseThrow();
    }

    private long watermark() {
        return requireNonNull(info(SLOW).progress().get(FIRST)).watermark();
    }

    private long events(StreamName stream) {
        return storage.stream(stream).orElseThrow().events();
    }

    private long bytes(StreamName stream) {
        return storage.stream(stream).orElseThrow().bytes();
    }

    private void commit(GroupReader reader, RecordingListener listener, long watermark) {
        value(reader.commit(FIRST, listener.assignment(FIRST).epoch(), Progress.at(watermark)));
    }

    @Test
    void aStreamHoldsAsMuchAsItsBoundSays() {
        group(SLOW, ORDERS);

        assertThat(fill(ORDERS)).isEqualTo(20);
        assertThat(bytes(ORDERS)).isEqualTo(20_000);
    }

    @Test
    void aRefusalNamesTheSizeAndTheBounds() {
        group(SLOW, ORDERS);
        fill(ORDERS);

        assertThatThrownBy(() -> value(append(ORDERS, "more")))
                .hasMessageContaining("1000 bytes")
                .hasMessageContaining("20000");
    }

    @Test
    void whatEveryGroupHasFinishedStaysUntilRoomIsNeeded() {
        group(FAST, ORDERS);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(FAST, listener);
        fill(ORDERS);

        commit(reader, listener, 20);

        assertThat(events(ORDERS)).isEqualTo(20);
        assertThat(code(append(ORDERS, "more"))).isNull();
        assertThat(events(ORDERS)).isEqualTo(20);
        group(group("new"), ORDERS);
        assertThat(info(group("new")).progress()).containsEntry(FIRST, Progress.at(1));
    }

    @Test
    void onlyWhatTheSlowestGroupHasFinishedIsFreed() {
        group(FAST, ORDERS);
        group(SLOW, ORDERS);
        RecordingListener fast = new RecordingListener();
        RecordingListener slow = new RecordingListener();
        GroupReader fastReader = reader(FAST, fast);
        GroupReader slowReader = reader(SLOW, slow);
        fill(ORDERS);

        commit(fastReader, fast, 20);
        commit(slowReader, slow, 3);

        assertThat(fill(ORDERS)).isEqualTo(3);
        assertThat(info(FAST).gaps()).isEmpty();
        assertThat(info(SLOW).gaps()).isEmpty();
        slowReader.request(FIRST, Long.MAX_VALUE);
        assertThat(slow.records().get(0).position().offset()).isEqualTo(3);
        assertThat(slow.records()).hasSize(20);
    }

    @Test
    void aFullStreamRecoversEachTimeItsGroupAcks() {
        group(SLOW, ORDERS);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(SLOW, listener);
        fill(ORDERS);
        for (long round = 1; round <= 50; round++) {
            assertThat(code(append(ORDERS, "refused"))).isEqualTo(ErrorCode.STORAGE_FULL);

            commit(reader, listener, round);

            assertThat(code(append(ORDERS, "taken"))).isNull();
        }
        assertThat(info(SLOW).cutOff()).isFalse();
        assertThat(bytes(ORDERS)).isEqualTo(20_000);
    }

    @Test
    void deletingTheGroupThatHoldsMakesRoom() {
        group(SLOW, ORDERS);
        fill(ORDERS);

        value(storage.deleteGroup(SLOW));

        assertThat(code(append(ORDERS, "more"))).isNull();
    }

    @Test
    void movingTheGroupThatHoldsMakesRoom() {
        group(SLOW, ORDERS);
        fill(ORDERS);

        value(storage.moveGroup(SLOW, Start.latest()));

        assertThat(code(append(ORDERS, "more"))).isNull();
    }

    @Test
    void theStoreIsBoundAcrossStreamsAndTheOldestFinishedGoesFirst() {
        storage.close();
        storage = open(20_000, 15_000, 10, Duration.ZERO);
        for (int i = 0; i < 10; i++) {
            value(append(ORDERS, "o" + i));
            clock.advance(Duration.ofMillis(1));
        }
        for (int i = 0; i < 10; i++) {
            value(append(BILLS, "b" + i));
            clock.advance(Duration.ofMillis(1));
        }

        for (int i = 0; i < 5; i++) {
            value(append(BILLS, "more" + i));
        }

        assertThat(events(ORDERS)).isEqualTo(5);
        assertThat(events(BILLS)).isEqualTo(15);
        assertThat(storage.health().detail()).contains("20000 of 20000");
    }

    @Test
    void aStreamThatNeedsNothingIsNoHelpToAStoreFullOfWhatIsNeeded() {
        storage.close();
        storage = open(20_000, 15_000, 10, Duration.ZERO);
        group(SLOW, ORDERS, BILLS);
        assertThat(fill(ORDERS)).isEqualTo(15);
        assertThat(fill(BILLS)).isEqualTo(5);

        value(storage.deleteStream(ORDERS));

        assertThat(fill(BILLS)).isEqualTo(10);
    }

    @Test
    void parkedEventsCountAgainstTheStore() {
        group(SLOW, ORDERS);
        Ticket ticket = new Ticket(new Position(FIRST, 0), "lane", 1, 0, 0, "cause");
        assertThat(code(storage.parking().park(SLOW, Long.MAX_VALUE, ticket, record(ORDERS, "parked"))))
                .isNull();

        assertThat(fill(ORDERS)).isEqualTo(18);
        Ticket another = new Ticket(new Position(FIRST, 1), "lane", 1, 0, 0, "cause");
        assertThat(code(storage.parking().park(SLOW, Long.MAX_VALUE, another, record(ORDERS, "parked"))))
                .isEqualTo(ErrorCode.STORAGE_FULL);
        value(storage.parking()
                .repark(SLOW, Long.MAX_VALUE, new Ticket(ticket.position(), null, 2, 0, 0, "a much longer cause")));
        value(storage.parking().remove(SLOW, Long.MAX_VALUE, ticket.position()));

        assertThat(fill(ORDERS)).isEqualTo(2);
        value(storage.deleteGroup(SLOW));
        value(storage.deleteStream(ORDERS));
        assertThat(storage.health().detail()).contains("; 0 of");
    }

    @Test
    void replacingAParkedEventGivesTheOldBytesBack() {
        group(SLOW, ORDERS);
        Ticket ticket = new Ticket(new Position(FIRST, 0), null, 1, 0, 0, "");

        for (int i = 0; i < 100; i++) {
            assertThat(code(storage.parking().park(SLOW, Long.MAX_VALUE, ticket, record(ORDERS, "parked"))))
                    .isNull();
        }

        assertThat(info(SLOW).parked()).isEqualTo(1);
    }

    @Test
    void aGroupIsNotCutOffBeforeItHasStalledLongEnough() {
        group(SLOW, ORDERS);
        fill(ORDERS);

        clock.advance(STALL.minusMillis(1));

        assertThat(code(append(ORDERS, "more"))).isEqualTo(ErrorCode.STORAGE_FULL);
        assertThat(info(SLOW).cutOff()).isFalse();
    }

    @Test
    void aGroupIsNotCutOffWhileItsLagIsWithinTheBound() {
        storage.close();
        storage = open(20_000, 20_000, 20, Duration.ZERO);
        group(SLOW, ORDERS);
        fill(ORDERS);

        clock.advance(STALL.multipliedBy(10));

        assertThat(code(append(ORDERS, "more"))).isEqualTo(ErrorCode.STORAGE_FULL);
        assertThat(info(SLOW).cutOff()).isFalse();
    }

    @Test
    void theLagInBytesCutsOffToo() {
        for (int bytes : new int[] {20_000, 19_999}) {
            storage.close();
            storage = TightStorage.of(clock, 20_000, 20_000, 1_000, new DataSize(bytes), STALL, Duration.ZERO);
            storage.start();
            storage.createStream(ORDERS, new StreamSettings(1));
            group(SLOW, ORDERS);
            assertThat(fill(ORDERS)).isEqualTo(20);
            clock.advance(STALL);

            ErrorCode refused = code(append(ORDERS, "more"));

            boolean beyond = bytes < 20_000;
            assertThat(info(SLOW).cutOff()).as("lag bound of %s bytes", bytes).isEqualTo(beyond);
            assertThat(refused).isEqualTo(beyond ? null : ErrorCode.STORAGE_FULL);
        }
    }

    @Test
    void aGroupThatHadNothingToDoForLongHasNotStalled() {
        group(SLOW, ORDERS);
        clock.advance(STALL.multipliedBy(10));

        assertThat(fill(ORDERS)).isEqualTo(20);

        assertThat(info(SLOW).cutOff()).isFalse();
    }

    @Test
    void aCutOffGroupLosesTheOldestHearsTheGapAndTheOthersDoNotFeelIt() {
        group(SLOW, ORDERS);
        group(FAST, ORDERS);
        RecordingListener slow = new RecordingListener();
        RecordingListener fast = new RecordingListener();
        GroupReader slowReader = reader(SLOW, slow);
        GroupReader fastReader = reader(FAST, fast);
        fastReader.request(FIRST, Long.MAX_VALUE);
        fill(ORDERS);
        commit(fastReader, fast, 20);
        clock.advance(STALL);

        for (int i = 0; i < 7; i++) {
            assertThat(code(append(ORDERS, "more" + i))).isNull();
        }

        assertThat(info(SLOW).cutOff()).isTrue();
        assertThat(info(SLOW).gaps()).containsExactly(new Gap(FIRST, 0, 7, 7, Gap.Why.CUT_OFF));
        assertThat(info(SLOW).progress()).containsEntry(FIRST, Progress.at(7));
        assertThat(info(SLOW).lagEvents()).isEqualTo(20);
        assertThat(slow.gaps().stream().mapToLong(Gap::count).sum()).isEqualTo(7);
        slowReader.request(FIRST, Long.MAX_VALUE);
        assertThat(slow.records().get(0).position().offset()).isEqualTo(7);
        List<RecordingListener.Call> calls = slow.calls();
        assertThat(calls.get(calls.size() - 1)).isInstanceOf(RecordingListener.Records.class);
        assertThat(info(FAST).cutOff()).isFalse();
        assertThat(info(FAST).gaps()).isEmpty();
        assertThat(fast.ids()).hasSize(27);
    }

    @Test
    void aCutOffGroupBecomesOrdinaryWhenItAcksAndHoldsAgain() {
        group(SLOW, ORDERS);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(SLOW, listener);
        fill(ORDERS);
        clock.advance(STALL);
        value(append(ORDERS, "more"));
        assertThat(info(SLOW).cutOff()).isTrue();

        commit(reader, listener, 1);
        assertThat(info(SLOW).cutOff()).isTrue();
        commit(reader, listener, 3);

        assertThat(info(SLOW).cutOff()).isFalse();
        assertThat(fill(ORDERS)).isEqualTo(2);
        clock.advance(STALL);
        value(append(ORDERS, "again"));
        assertThat(info(SLOW).gaps())
                .containsExactly(new Gap(FIRST, 0, 1, 1, Gap.Why.CUT_OFF), new Gap(FIRST, 3, 4, 1, Gap.Why.CUT_OFF));
    }

    @Test
    void aGroupThatStaysCutOffHasOneGapForEachPartitionThatGrows() {
        storage.close();
        storage = open(60_000, 20_000, 10, Duration.ZERO);
        StreamName wide = new StreamName("default", "wide");
        value(storage.createStream(wide, new StreamSettings(2)));
        StreamPartition one = new StreamPartition(wide, 0);
        StreamPartition other = new StreamPartition(wide, 1);
        value(storage.createGroup(SLOW, Set.of(wide), DeliveryTerms.DEFAULT, Start.earliest()));
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(SLOW, listener);
        reader.request(one, 3 * SIZE);
        int stored = 0;
        while (code(appendWide(wide, stored)) == null) {
            stored++;
        }
        List<Position> inFlight =
                listener.records().stream().map(StoredRecord::position).toList();

        for (int round = 0; round < 100; round++) {
            clock.advance(STALL);
            for (int i = 0; i < 50; i++) {
                assertThat(code(appendWide(wide, stored++))).isNull();
            }
            if (round == 50) {
                // what it had in hand before is overtaken long since: that ends nothing
                long epoch = listener.assignment(one).epoch();
                value(reader.commit(one, epoch, Progress.at(inFlight.get(2).offset() + 1)));
            }
        }

        GroupInfo info = info(SLOW);
        assertThat(info.cutOff()).isTrue();
        assertThat(info.gaps()).hasSize(2).extracting(Gap::partition).containsExactlyInAnyOrder(one, other);
        assertThat(info.gaps()).allSatisfy(gap -> {
            assertThat(gap.from()).isZero();
            assertThat(gap.count()).isEqualTo(gap.to());
        });
        long missed = info.gaps().stream().mapToLong(Gap::count).sum();
        assertThat(missed).isEqualTo(stored - events(wide));
        assertThat(listener.gaps().stream().mapToLong(Gap::count).sum()).isEqualTo(missed);
    }

    private CompletionStage<Position> appendWide(StreamName wide, int number) {
        return storage.append(wide, List.of(record(wide, "e" + number)), number).get(0);
    }

    @Test
    void aSecondCutOffIsAGapOfItsOwn() {
        group(SLOW, ORDERS);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(SLOW, listener);
        fill(ORDERS);
        clock.advance(STALL);
        for (int i = 0; i < 5; i++) {
            value(append(ORDERS, "first" + i));
        }
        commit(reader, listener, watermark() + 1);
        fill(ORDERS);
        clock.advance(STALL);

        for (int i = 0; i < 7; i++) {
            value(append(ORDERS, "second" + i));
        }

        assertThat(info(SLOW).gaps())
                .containsExactly(new Gap(FIRST, 0, 5, 5, Gap.Why.CUT_OFF), new Gap(FIRST, 6, 13, 7, Gap.Why.CUT_OFF));
    }

    @Test
    void whatWasDoneAboveTheWatermarkIsNotCountedAsMissed() {
        group(SLOW, ORDERS);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(SLOW, listener);
        fill(ORDERS);
        BitSet done = new BitSet();
        done.set(1);
        done.set(2);
        value(reader.commit(FIRST, listener.assignment(FIRST).epoch(), Progress.of(0, done)));
        clock.advance(STALL);

        for (int i = 0; i < 2; i++) {
            value(append(ORDERS, "more" + i));
        }

        assertThat(info(SLOW).progress()).containsEntry(FIRST, Progress.at(3));
        assertThat(info(SLOW).gaps().stream().mapToLong(Gap::count).sum()).isEqualTo(1);
    }

    @Test
    void atMostAHundredGapsAreKeptTheNewest() {
        group(SLOW, ORDERS);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(SLOW, listener);
        fill(ORDERS);

        for (int i = 0; i < 120; i++) {
            clock.advance(STALL);
            value(append(ORDERS, "more"));
            commit(reader, listener, watermark() + 1);
            value(append(ORDERS, "instead"));
        }

        assertThat(info(SLOW).gaps()).hasSize(100);
        assertThat(info(SLOW).gaps().get(99).to()).isEqualTo(239);
    }

    @Test
    void recordsAboveTheMaximalAgeAreRemovedAndTheGapIsTold() {
        storage.close();
        storage = open(20_000, 20_000, 10, Duration.ofMinutes(1));
        group(SLOW, ORDERS);
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(SLOW, listener);
        value(append(ORDERS, "1"));
        value(append(ORDERS, "2"));
        clock.advance(Duration.ofSeconds(61));
        value(append(ORDERS, "3"));

        reader.request(FIRST, Long.MAX_VALUE);

        assertThat(listener.ids()).containsExactly("3");
        assertThat(listener.gaps()).containsExactly(new Gap(FIRST, 0, 2, 2, Gap.Why.RETENTION));
        assertThat(info(SLOW).gaps()).containsExactly(new Gap(FIRST, 0, 2, 2, Gap.Why.RETENTION));
        assertThat(events(ORDERS)).isEqualTo(1);
        clock.advance(Duration.ofSeconds(61));
        assertThat(events(ORDERS)).isZero();
        assertThat(bytes(ORDERS)).isZero();
    }

    @Test
    void whatIsFreedBecomesGarbage() {
        storage.close();
        long bound = 8 << 20;
        storage = open(bound, bound, 10, Duration.ZERO);
        RecordFixture fixture = RecordFixture.of(ORDERS, clock).padding(64 << 10);
        long before = usedHeap();

        for (int i = 0; i < 2_000; i++) {
            value(storage.append(ORDERS, List.of(fixture.record("e" + i)), 0).get(0));
        }

        assertThat(bytes(ORDERS)).isBetween(bound - (1 << 20), bound);
        heapFallsBelow(before + 2 * bound);
        value(storage.deleteStream(ORDERS));
        heapFallsBelow(before + bound / 2);
    }

    /** One collection may leave some garbage. */
    private static void heapFallsBelow(long bytes) {
        Awaitility.await()
                .atMost(Duration.ofSeconds(20))
                .pollDelay(Duration.ZERO)
                .untilAsserted(() -> assertThat(usedHeap()).isLessThan(bytes));
    }

    private static long usedHeap() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
