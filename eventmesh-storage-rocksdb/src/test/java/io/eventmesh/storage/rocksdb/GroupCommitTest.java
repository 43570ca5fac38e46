package io.eventmesh.storage.rocksdb;

import static io.eventmesh.storage.rocksdb.Fixture.GROUP;
import static io.eventmesh.storage.rocksdb.Fixture.ORDERS;
import static io.eventmesh.storage.rocksdb.Fixture.await;
import static io.eventmesh.storage.rocksdb.Fixture.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.lifecycle.Health;
import io.eventmesh.spi.storage.Gap;
import io.eventmesh.spi.storage.GroupReader;
import io.eventmesh.spi.storage.Parking.Ticket;
import io.eventmesh.spi.storage.Position;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StoredRecord;
import io.eventmesh.spi.storage.StreamPartition;
import io.eventmesh.testkit.storage.RecordingListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.Status;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

class GroupCommitTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path data;

    /** A journal that can be held before its writes, made to fail, and counted. */
    private static final class Held implements Journal {
        private final Semaphore gate = new Semaphore(Integer.MAX_VALUE / 2);
        private final AtomicInteger writes = new AtomicInteger();
        private final AtomicBoolean fails = new AtomicBoolean();

        @Override
        public void write(RocksDB database, WriteOptions options, WriteBatch batch) throws RocksDBException {
            try {
                if (!gate.tryAcquire(20, TimeUnit.SECONDS)) {
                    throw new AssertionError("held for too long");
                }
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
            if (fails.get()) {
                throw new RocksDBException("fsync", new Status(Status.Code.IOError, Status.SubCode.None, "EIO"));
            }
            Journal.WRITE_AHEAD_LOG.write(database, options, batch);
            writes.incrementAndGet();
        }

        void hold() {
            gate.drainPermits();
        }

        void release() {
            gate.release(Integer.MAX_VALUE / 4);
        }
    }

    private final Held journal = new Held();

    private Fixture open() {
        return Fixture.open(data, RecordChecksum.CRC32C, journal).prepared();
    }

    private static CompletableFuture<Position> appendLater(Fixture fixture, String id) {
        return fixture.storage
                .append(ORDERS, List.of(fixture.orders.record(id)), 0)
                .get(0)
                .toCompletableFuture();
    }

    @Test
    void whatWaitsIsSyncedTogether() {
        try (Fixture fixture = open()) {
            journal.hold();
            List<CompletableFuture<Position>> answers = new ArrayList<>();
            for (int i = 0; i < 500; i++) {
                answers.add(appendLater(fixture, "e" + i));
            }
            int before = journal.writes.get();
            journal.release();

            answers.forEach(Fixture::await);
            assertThat(journal.writes.get() - before).isLessThanOrEqualTo(3);
        }
    }

    @Test
    void nothingIsAnsweredOrDeliveredBeforeItIsDurable() {
        try (Fixture fixture = open()) {
            RecordingListener listener = new RecordingListener();
            fixture.read(listener);
            journal.hold();

            CompletableFuture<Position> answer = appendLater(fixture, "1");
            CompletableFuture<Void> parked = fixture.storage
                    .parking()
                    .park(
                            GROUP,
                            Long.MAX_VALUE,
                            new Ticket(new Position(Fixture.FIRST, 0), null, 0, 0, 0, ""),
                            fixture.orders.record("p"))
                    .toCompletableFuture();

            eventually(() -> assertThat(journal.gate.hasQueuedThreads()).isTrue());
            assertThat(answer).isNotDone();
            assertThat(parked).isNotDone();
            assertThat(listener.records()).isEmpty();
            journal.release();
            await(answer);
            await(parked);
            eventually(() -> assertThat(listener.ids()).containsExactly("1"));
        }
    }

    @Test
    void aSlowListenerDoesNotHoldTheDiskUp() throws InterruptedException {
        try (Fixture fixture = open()) {
            CountDownLatch stuck = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            GroupReader.Listener slow = new Slow(stuck, go);
            await(fixture.storage.openReader(GROUP, slow)).request(Fixture.FIRST, Long.MAX_VALUE);
            appendLater(fixture, "1");
            assertThat(stuck.await(10, TimeUnit.SECONDS)).isTrue();
            int before = journal.writes.get();

            appendLater(fixture, "2");

            eventually(() -> assertThat(journal.writes.get()).isGreaterThan(before));
            go.countDown();
        }
    }

    private record Slow(CountDownLatch stuck, CountDownLatch go) implements GroupReader.Listener {
        @Override
        public void records(StreamPartition partition, long epoch, List<StoredRecord> records) {
            stuck.countDown();
            try {
                assertThat(go.await(20, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException interrupted) {
                throw new AssertionError(interrupted);
            }
        }

        @Override
        public void assigned(StreamPartition partition, long epoch, Progress progress) {}

        @Override
        public void revoked(StreamPartition partition, long epoch) {}

        @Override
        public void gap(Gap gap) {}

        @Override
        public void failed(EventMeshException cause) {}
    }

    @Test
    void beyondTheQueueIsRefusedAndServedAgainLater() {
        try (Fixture fixture = open()) {
            journal.hold();
            fixture.orders.padding(1 << 20);
            List<CompletableFuture<Position>> answers = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                answers.add(appendLater(fixture, "e" + i));
            }

            CompletableFuture<Position> last = answers.get(19);
            assertThatThrownBy(() -> await(last))
                    .isInstanceOfSatisfying(
                            EventMeshException.class,
                            refused -> assertThat(refused.code()).isEqualTo(ErrorCode.OVERLOADED));
            journal.release();
            List<Position> stored = answers.stream()
                    .filter(answer -> !answer.isCompletedExceptionally())
                    .map(Fixture::await)
                    .toList();
            assertThat(stored).hasSizeBetween(15, 16);
            fixture.orders.padding(0);
            eventually(() -> fixture.append("again"));
        }
    }

    @Test
    void afterAFailedSyncNothingIsAckedUntilItIsOpenedAnew() {
        try (Fixture fixture = open()) {
            fixture.append("1");
            RecordingListener listener = new RecordingListener();
            GroupReader reader = fixture.read(listener);
            eventually(() -> assertThat(listener.ids()).containsExactly("1"));
            journal.fails.set(true);

            CompletableFuture<Position> doubtful = appendLater(fixture, "2");

            refused(doubtful);
            journal.fails.set(false);
            refused(appendLater(fixture, "3"));
            refused(reader.commit(
                            Fixture.FIRST, listener.assignment(Fixture.FIRST).epoch(), Progress.at(1))
                    .toCompletableFuture());
            assertThat(fixture.storage.health().state()).isEqualTo(Health.State.DOWN);
            assertThat(listener.ids()).containsExactly("1");
        }

        try (Fixture fixture = Fixture.open(data)) {
            assertThat(fixture.storage.health().state()).isEqualTo(Health.State.UP);
            fixture.append("4");
            assertThat(fixture.readAll(2).ids()).containsExactly("1", "4");
        }
    }

    private static void refused(CompletableFuture<?> answer) {
        assertThatThrownBy(() -> await(answer))
                .isInstanceOfSatisfying(
                        EventMeshException.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE));
    }

    @Test
    void whatWasAcceptedIsDurableWhenItCloses() {
        try (Fixture fixture = open()) {
            journal.hold();
            CompletableFuture<Position> answer = appendLater(fixture, "1");
            journal.release();
            fixture.storage.close();
            assertThat(answer).isCompleted();
        }

        try (Fixture fixture = Fixture.open(data)) {
            assertThat(fixture.readAll(1).ids()).containsExactly("1");
        }
    }
}
