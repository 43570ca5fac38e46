package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.spi.storage.Capability;
import io.eventmesh.spi.storage.EventRecord;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Peek;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.Storage;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What every {@link Storage} keeps to as to what operators do: looking, purging, pausing. */
abstract class StorageOperatorsContract extends StorageContract {
    private static final int MANY = 2_000;

    // peek

    @Test
    void peekingShowsRecordsWithoutAnyGroup() {
        stream(ORDERS, 1);
        List<Position> stored = append("1", "2", "3");

        Peek peek = peek(0, 10, 1 << 20);

        assertThat(ids(peek)).containsExactly("1", "2", "3");
        assertThat(peek.records()).extracting(StoredRecord::position).isEqualTo(stored);
        assertThat(peek.first()).isEqualTo(stored.get(0).offset());
        assertThat(peek.end()).isEqualTo(stored.get(2).offset() + 1);
        assertThat(peek.next()).isEqualTo(peek.end());
        assertThat(storage.groups()).isEmpty();
    }

    @Test
    void aPeekedRecordIsTheWholeRecord() {
        stream(ORDERS, 1);
        EventRecord record = orders.key("k").record("1");
        append(List.of(record));

        EventRecord found = peek(0, 1, 1).records().get(0).record();
        assertThat(found.topic()).isEqualTo(record.topic());
        assertThat(found.key()).isEqualTo("k");
        assertThat(found.appendTimeMillis()).isEqualTo(record.appendTimeMillis());
        assertThat(found.event().toByteArray()).isEqualTo(record.event().toByteArray());
    }

    @Test
    void peekingGoesOnWhereItEnded() {
        stream(ORDERS, 1);
        List<EventRecord> all = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            all.add(orders.record("e" + i));
        }
        append(all);

        List<String> found = new ArrayList<>();
        long at = 0;
        for (Peek page = peek(at, 700, 1 << 30); !page.records().isEmpty(); page = peek(at, 700, 1 << 30)) {
            assertThat(page.records()).hasSizeLessThanOrEqualTo(700);
            found.addAll(ids(page));
            at = page.next();
        }

        assertThat(found).hasSize(MANY).doesNotHaveDuplicates();
        assertThat(found.get(MANY - 1)).isEqualTo("e" + (MANY - 1));
    }

    @Test
    void peekingKeepsToTheBytesButForTheFirstRecord() {
        stream(ORDERS, 1);
        append(List.of(orders.padding(1_000).record("1"), orders.padding(1_000).record("2"), orders.record("3")));

        assertThat(ids(peek(0, 10, 1))).containsExactly("1");
        assertThat(ids(peek(0, 10, 1_900))).containsExactly("1");
        assertThat(ids(peek(0, 10, 1 << 20))).hasSize(3);
    }

    @Test
    void peekingHoldsNothingAndTakesNothingFromAReader() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1", "2");

        peek(0, 10, 1 << 20);

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
        assertThat(idsOf(GROUP, 2)).containsExactly("1", "2");
    }

    @Test
    void peekingBeyondTheEndShowsNothing() {
        stream(ORDERS, 2);
        append("1");

        Peek beyond = peek(100, 10, 1_000);
        Peek empty = await(storage.peek(new StreamPartition(ORDERS, 1), 0, 10, 1_000));

        assertThat(beyond.records()).isEmpty();
        assertThat(beyond.next()).isEqualTo(beyond.end());
        assertThat(empty).isEqualTo(new Peek(List.of(), 0, 0, 0));
    }

    @Test
    void peekingWhereNothingIsIsRefused() {
        stream(ORDERS, 1);

        assertThat(refusal(storage.peek(new StreamPartition(BILLS, 0), 0, 1, 1)))
                .isEqualTo(ErrorCode.TOPIC_NOT_FOUND);
        assertThat(refusal(storage.peek(new StreamPartition(ORDERS, 1), 0, 1, 1)))
                .isEqualTo(ErrorCode.TOPIC_NOT_FOUND);
        assertThat(refusal(storage.peek(new StreamPartition(ORDERS, -1), 0, 1, 1)))
                .isEqualTo(ErrorCode.TOPIC_NOT_FOUND);
    }

    // purge

    @Test
    void purgingRemovesWhatIsStoredAndOffsetsGoOn() {
        stream(ORDERS, 1);
        List<Position> before = append("1", "2", "3");

        assertThat(await(storage.purgeStream(ORDERS))).isEqualTo(3);
        List<Position> after = append("4");

        assertThat(after.get(0).offset()).isGreaterThan(before.get(2).offset());
        assertThat(ids(peek(0, 10, 1 << 20))).containsExactly("4");
        assertThat(storage.stream(ORDERS).orElseThrow().events()).isEqualTo(1);
    }

    @Test
    void whatWasPurgedStaysAwayAndTheRestIsThereAgainIfAndOnlyIfTheStorageSaysSo() {
        stream(ORDERS, 1);
        append("1", "2", "3");
        await(storage.purgeStream(ORDERS));
        append("4");
        await(storage.purgeStream(ORDERS));
        append("5", "6");

        reopen();

        if (!can(Capability.PERSISTENT)) {
            assertThat(storage.streams()).isEmpty();
            return;
        }
        assertThat(ids(peek(0, 10, 1 << 20))).containsExactly("5", "6");
        assertThat(storage.stream(ORDERS).orElseThrow().events()).isEqualTo(2);
        assertThat(await(storage.purgeStream(ORDERS))).isEqualTo(2);
        assertThat(storage.stream(ORDERS).orElseThrow().bytes()).isZero();
    }

    @Test
    void aGroupIsToldWhatWasPurgedBeforeItWasDone() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        append("1", "2", "3");
        RecordingListener listener = new RecordingListener();
        GroupReader reader = reader(GROUP, listener);

        await(storage.purgeStream(ORDERS));
        append("4");
        reader.request(FIRST, 1 << 20);

        eventually(() -> assertThat(listener.ids()).containsExactly("4"));
        assertThat(storage.group(GROUP).orElseThrow().gaps()).singleElement().satisfies(gap -> {
            assertThat(gap.count()).isEqualTo(3);
            assertThat(gap.why()).isEqualTo(Gap.Why.RETENTION);
        });
        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(1);
    }

    @Test
    void purgingWhatIsNotThereOrEmptyRemovesNothing() {
        stream(ORDERS, 1);

        assertThat(await(storage.purgeStream(BILLS))).isZero();
        assertThat(await(storage.purgeStream(ORDERS))).isZero();
    }

    // pause

    @Test
    void aGroupIsPausedUntilItIsResumed() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        assertThat(storage.group(GROUP).orElseThrow().paused()).isFalse();

        await(storage.pauseGroup(GROUP, true));
        await(storage.pauseGroup(GROUP, true));
        assertThat(storage.group(GROUP).orElseThrow().paused()).isTrue();

        await(storage.pauseGroup(GROUP, false));
        assertThat(storage.group(GROUP).orElseThrow().paused()).isFalse();
    }

    @Test
    void aPauseOutlivesTheStorageIfAndOnlyIfTheStorageSaysSo() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        group(group("other"), Start.earliest());
        await(storage.pauseGroup(GROUP, true));
        await(storage.pauseGroup(group("other"), true));
        await(storage.pauseGroup(group("other"), false));

        reopen();

        if (!can(Capability.PERSISTENT)) {
            assertThat(storage.groups()).isEmpty();
            return;
        }
        assertThat(storage.group(GROUP).orElseThrow().paused()).isTrue();
        assertThat(storage.group(group("other")).orElseThrow().paused()).isFalse();
    }

    @Test
    void aGroupThatIsDeletedAndMadeAgainIsNotPaused() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
        await(storage.pauseGroup(GROUP, true));

        await(storage.deleteGroup(GROUP));
        group(GROUP, Start.earliest());

        assertThat(storage.group(GROUP).orElseThrow().paused()).isFalse();
    }

    @Test
    void pausingAGroupThatIsNotThereIsRefused() {
        assertThat(refusal(storage.pauseGroup(GROUP, true))).isEqualTo(ErrorCode.NOT_FOUND);
    }

    private Peek peek(long from, int maxRecords, long maxBytes) {
        return await(storage.peek(FIRST, from, maxRecords, maxBytes));
    }

    private static List<String> ids(Peek peek) {
        return peek.records().stream()
                .map(record -> record.record().event().id())
                .toList();
    }
}
