package io.eventmesh.testkit.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.Start;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link GroupReader} keeps to: demand, order, progress, fencing. */
public abstract class GroupReaderContractTest extends StorageContract {
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void aGroupFromTheBeginning() {
        stream(ORDERS, 1);
        group(GROUP, Start.earliest());
    }

    @Test
    void allPartitionsAreAssignedWithTheProgress() {
        stream(BILLS, 3);
        await(storage.createGroup(
                group("bills"),
                java.util.Set.of(BILLS),
                io.eventmesh.spi.storage.DeliveryTerms.DEFAULT,
                Start.latest()));

        reader(group("bills"), listener);

        eventually(() -> assertThat(listener.calls(RecordingListener.Assigned.class))
                .extracting(RecordingListener.Assigned::partition)
                .containsExactlyInAnyOrder(
                        new StreamPartition(BILLS, 0), new StreamPartition(BILLS, 1), new StreamPartition(BILLS, 2)));
        assertThat(listener.calls(RecordingListener.Assigned.class))
                .extracting(RecordingListener.Assigned::progress)
                .containsOnly(at(0));
    }

    @Test
    void nothingComesWithoutARequest() {
        reader(GROUP, listener);

        append("1");
        append("2");

        assertThat(listener.records()).isEmpty();
    }

    @Test
    void recordsComeInOrderOnceRequestedWhetherTheyWereThereOrComeLater() {
        append("1", "2");
        GroupReader reader = reader(GROUP, listener);

        reader.request(FIRST, Long.MAX_VALUE);
        append("3");
        append("4", "5");

        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2", "3", "4", "5"));
        assertThat(listener.records())
                .extracting(each -> each.position().offset())
                .isSorted();
        assertThat(listener.overlapped()).isFalse();
    }

    @Test
    void aRequestOfOneByteBringsOneWholeRecord() {
        append("1", "2", "3");
        GroupReader reader = reader(GROUP, listener);

        reader.request(FIRST, 1);

        eventually(() -> assertThat(listener.ids()).containsExactly("1"));
    }

    @Test
    void theLastRecordOverdrawsTheDemandAndTheRestIsOwed() {
        List<Position> positions = append("1", "2", "3", "4");
        int size = orders.record("1").size();
        GroupReader reader = reader(GROUP, listener);

        reader.request(FIRST, size + 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
        reader.request(FIRST, size - 1);
        append("5");
        assertThat(listener.ids()).containsExactly("1", "2");
        reader.request(FIRST, 1);

        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2", "3"));
        assertThat(positions).hasSize(4);
    }

    @Test
    void theDemandDoesNotOverflow() {
        GroupReader reader = reader(GROUP, listener);

        reader.request(FIRST, Long.MAX_VALUE);
        reader.request(FIRST, Long.MAX_VALUE);
        append("1", "2");

        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
    }

    @Test
    void aRequestForAPartitionThatIsNotAssignedChangesNothing() {
        GroupReader reader = reader(GROUP, listener);

        reader.request(new StreamPartition(ORDERS, 7), 1);
        reader.request(new StreamPartition(BILLS, 0), 1);

        append("1");
        assertThat(listener.records()).isEmpty();
    }

    @Test
    void manyRecordsAllComeInOrder() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            expected.add("e" + i);
        }
        append(expected.toArray(String[]::new));
        GroupReader reader = reader(GROUP, listener);

        reader.request(FIRST, Long.MAX_VALUE);

        eventually(() -> assertThat(listener.ids()).isEqualTo(expected));
    }

    @Test
    void everyGroupReadsEveryRecord() {
        group(group("other"), Start.earliest());
        RecordingListener other = new RecordingListener();
        reader(GROUP, listener).request(FIRST, Long.MAX_VALUE);
        reader(group("other"), other).request(FIRST, Long.MAX_VALUE);

        append("1", "2");

        eventually(() -> assertThat(listener.ids()).containsExactly("1", "2"));
        eventually(() -> assertThat(other.ids()).containsExactly("1", "2"));
    }

    @Test
    void aReaderOpenedAnewBeginsAtTheProgressSkippingWhatIsDoneAboveIt() {
        List<Position> positions = append("1", "2", "3", "4", "5");
        GroupReader reader = reader(GROUP, listener);
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).hasSize(5));
        Progress progress = progress(positions.get(1).offset(), positions.get(3).offset());
        await(reader.commit(FIRST, epoch(listener), progress));
        assertThat(storage.group(GROUP).orElseThrow().progress()).containsEntry(FIRST, progress);
        reader.close();

        RecordingListener again = new RecordingListener();
        reader(GROUP, again).request(FIRST, Long.MAX_VALUE);

        eventually(() -> assertThat(again.ids()).containsExactly("2", "3", "5"));
        assertThat(again.assignment(FIRST).progress()).isEqualTo(progress);
    }

    private static Progress progress(long watermark, long... done) {
        BitSet acked = new BitSet();
        for (long offset : done) {
            acked.set((int) (offset - watermark));
        }
        return Progress.of(watermark, acked);
    }

    private static long epoch(RecordingListener listener) {
        return listener.assignment(FIRST).epoch();
    }

    @Test
    void theLagCountsWhatIsNotDone() {
        List<Position> positions = append("1", "2", "3", "4");
        GroupReader reader = reader(GROUP, listener);

        await(reader.commit(
                FIRST,
                epoch(listener),
                progress(positions.get(1).offset(), positions.get(2).offset())));

        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(2);
    }

    @Test
    void anOlderProgressIsTakenAsDoneAlready() {
        List<Position> positions = append("1", "2", "3");
        GroupReader reader = reader(GROUP, listener);
        await(reader.commit(FIRST, epoch(listener), at(positions.get(2).offset())));

        await(reader.commit(FIRST, epoch(listener), at(positions.get(1).offset())));

        assertThat(storage.group(GROUP).orElseThrow().progress())
                .containsEntry(FIRST, at(positions.get(2).offset()));
    }

    @Test
    void aProgressBeyondTheLastRecordIsRefused() {
        List<Position> positions = append("1");
        GroupReader reader = reader(GROUP, listener);

        CompletionStage<Void> answer =
                reader.commit(FIRST, epoch(listener), at(positions.get(0).offset() + 2));

        assertThat(refusal(answer)).isEqualTo(ErrorCode.REQUEST_INVALID);
        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(1);
    }

    @Test
    void aCommitUnderAnotherEpochIsFenced() {
        append("1");
        GroupReader reader = reader(GROUP, listener);

        assertThat(refusal(reader.commit(FIRST, epoch(listener) + 1, at(1)))).isEqualTo(ErrorCode.FENCED);
        assertThat(refusal(reader.commit(new StreamPartition(ORDERS, 7), epoch(listener), at(1))))
                .isEqualTo(ErrorCode.FENCED);
        assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isEqualTo(1);
    }

    @Test
    void aSecondReaderTakesOverWithAHigherEpoch() {
        append("1", "2");
        GroupReader first = reader(GROUP, listener);
        first.request(FIRST, 1);
        eventually(() -> assertThat(listener.ids()).containsExactly("1"));
        RecordingListener other = new RecordingListener();

        GroupReader second = reader(GROUP, other);

        eventually(() -> assertThat(listener.calls(RecordingListener.Revoked.class))
                .containsExactly(new RecordingListener.Revoked(FIRST, epoch(listener))));
        assertThat(epoch(other)).isGreaterThan(epoch(listener));
        assertThat(refusal(first.commit(FIRST, epoch(listener), at(1)))).isEqualTo(ErrorCode.FENCED);
        assertThat(refusal(first.commit(FIRST, epoch(other), at(1)))).isEqualTo(ErrorCode.FENCED);
        first.request(FIRST, Long.MAX_VALUE);
        second.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(other.ids()).containsExactly("1", "2"));
        assertThat(listener.ids()).containsExactly("1");
        first.close();
        append("3");
        eventually(() -> assertThat(other.ids()).containsExactly("1", "2", "3"));
    }

    @Test
    void aClosedReaderHearsNothingMoreAndIsFenced() {
        GroupReader reader = reader(GROUP, listener);
        reader.request(FIRST, Long.MAX_VALUE);
        append("1");
        eventually(() -> assertThat(listener.ids()).containsExactly("1"));
        int heard = listener.calls().size();

        reader.close();
        reader.close();
        reader.request(FIRST, Long.MAX_VALUE);
        append("2");
        await(storage.deleteGroup(GROUP));

        assertThat(listener.calls()).hasSize(heard);
        assertThat(refusal(reader.commit(FIRST, epoch(listener), at(1)))).isEqualTo(ErrorCode.FENCED);
    }

    @Test
    void deletingTheGroupRevokesItsReader() {
        GroupReader reader = reader(GROUP, listener);
        reader.request(FIRST, Long.MAX_VALUE);

        await(storage.deleteGroup(GROUP));
        append("1");

        eventually(() ->
                assertThat(listener.calls(RecordingListener.Revoked.class)).hasSize(1));
        assertThat(listener.records()).isEmpty();
        assertThat(refusal(reader.commit(FIRST, epoch(listener), at(1)))).isEqualTo(ErrorCode.FENCED);
    }

    @Test
    void deletingAStreamRevokesItAndMakingItAgainAssignsIt() {
        GroupReader reader = reader(GROUP, listener);
        append("1");
        long before = epoch(listener);

        await(storage.deleteStream(ORDERS));
        eventually(() ->
                assertThat(listener.calls(RecordingListener.Revoked.class)).hasSize(1));
        stream(ORDERS, 1);
        append("2");

        eventually(() -> assertThat(epoch(listener)).isGreaterThan(before));
        assertThat(refusal(reader.commit(FIRST, before, at(1)))).isEqualTo(ErrorCode.FENCED);
        reader.request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(listener.ids()).containsExactly("2"));
    }

    @Test
    void closingTheStorageRevokesItsReaders() {
        GroupReader reader = reader(GROUP, listener);

        storage.close();

        eventually(() ->
                assertThat(listener.calls(RecordingListener.Revoked.class)).hasSize(1));
        assertThat(refusal(reader.commit(FIRST, epoch(listener), at(0)))).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
        reader.close();
    }

    @Test
    void aListenerMayCallBackFromInsideWithoutEnd() {
        CallingBack calling = new CallingBack();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            ids.add("e" + i);
        }
        append(ids.toArray(String[]::new));
        GroupReader reader = reader(GROUP, calling);
        calling.reader.set(reader);

        reader.request(FIRST, 1);

        eventually(() -> assertThat(calling.ids).hasSize(ids.size()));
        assertThat(calling.ids).isEqualTo(ids);
        assertThat(calling.deepest.get()).isEqualTo(1);
        eventually(
                () -> assertThat(storage.group(GROUP).orElseThrow().lagEvents()).isZero());
    }

    /** Commits what it gets and asks for one more, from inside the call. */
    private static final class CallingBack implements GroupReader.Listener {
        private final AtomicReference<@Nullable GroupReader> reader = new AtomicReference<>();
        private final List<String> ids = java.util.Collections.synchronizedList(new ArrayList<>());
        private final AtomicInteger depth = new AtomicInteger();
        private final AtomicInteger deepest = new AtomicInteger();

        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {}

        @Override
        public void revoked(StreamPartition partition, long epoch) {}

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            deepest.accumulateAndGet(depth.incrementAndGet(), Math::max);
            long bytes = 0;
            for (StoredRecord record : records) {
                ids.add(record.record().event().id());
                bytes += record.record().size();
            }
            GroupReader mine = reader.get();
            if (mine != null) {
                mine.commit(
                        partition,
                        epoch,
                        Progress.at(records.get(records.size() - 1).position().offset() + 1));
                mine.request(partition, bytes);
            }
            depth.decrementAndGet();
        }

        @Override
        public void gap(Gap gap) {}

        @Override
        public void failed(EventMeshException cause) {}
    }

    @Test
    void aListenerThatFailsClosesItsReaderAndIsToldSo() {
        List<EventMeshException> told = new CopyOnWriteArrayList<>();
        GroupReader.Listener failing = new FailingListener(told);
        GroupReader reader = reader(GROUP, failing);
        reader.request(FIRST, Long.MAX_VALUE);

        List<Position> positions = append("1", "2");

        eventually(() -> assertThat(told).hasSize(1));
        assertThat(positions).hasSize(2);
        RecordingListener again = new RecordingListener();
        reader(GROUP, again).request(FIRST, Long.MAX_VALUE);
        eventually(() -> assertThat(again.ids()).containsExactly("1", "2"));
    }

    private record FailingListener(List<EventMeshException> told) implements GroupReader.Listener {
        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {}

        @Override
        public void revoked(StreamPartition partition, long epoch) {}

        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            throw new IllegalStateException("fails on purpose");
        }

        @Override
        public void gap(Gap gap) {}

        @Override
        public void failed(EventMeshException cause) {
            told.add(cause);
        }
    }
}
