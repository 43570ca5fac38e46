package io.eventmesh.admin.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import io.eventmesh.admin.database.Database;
import io.eventmesh.admin.database.DatabaseConfig;
import io.eventmesh.admin.database.RuntimeRow;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.common.config.Secret;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.testkit.ManualTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class WriteQueueTest {
    private final Database database = new Database(
            new DatabaseConfig("jdbc:h2:mem:" + UUID.randomUUID(), "eventmesh", Secret.none(), 2), Path.of("unused"));
    private final Queue<Runnable> store = new ArrayDeque<>();
    private final List<Write> stored = new ArrayList<>();
    private final List<Write> refused = new ArrayList<>();
    private final List<Integer> batches = new ArrayList<>();
    private final List<ErrorCode> failures = new ArrayList<>();
    private WriteQueue queue = queue();

    private WriteQueue queue() {
        return new WriteQueue(
                new WriteLog(database, new ManualTime(), Duration.ofSeconds(15)),
                store::add,
                Runnable::run,
                this::settled);
    }

    @BeforeEach
    void open() {
        database.open();
        queue = queue();
        queue.begin(new Board(Cluster.TIMING, database.raiseTerm("test"), 0));
    }

    @AfterEach
    void close() {
        database.close();
    }

    private void settled(Board board, List<Write> writes, List<Boolean> done, @Nullable EventMeshException failure) {
        batches.add(writes.size());
        if (failure != null) {
            failures.add(failure.code());
            refused.addAll(writes);
            return;
        }
        for (int i = 0; i < writes.size(); i++) {
            (done.get(i) ? stored : refused).add(writes.get(i));
        }
    }

    private static Write.Seen seen(String id) {
        return new Write.Seen(new RuntimeRow(id, "i", "a", "connector", "[]", 1, "ALIVE", 0));
    }

    private void run() {
        for (Runnable work = store.poll(); work != null; work = store.poll()) {
            work.run();
        }
    }

    private List<String> runtimes() {
        return database.transaction(RuntimeTable::all).stream()
                .map(RuntimeRow::id)
                .toList();
    }

    @Test
    void whatGathersMeanwhileGoesInOneTransactionInItsOrder() {
        queue.add(seen("a"));
        queue.pump();
        for (int i = 0; i < 250; i++) {
            queue.add(seen("r" + i));
            queue.pump();
        }

        run();

        assertThat(batches).containsExactly(1, 200, 50);
        assertThat(stored).hasSize(251).startsWith(seen("a"), seen("r0")).endsWith(seen("r249"));
        assertThat(runtimes()).hasSize(251);
    }

    @Test
    void aWriteThatFitsNoLongerIsToldAndTheOthersOfItsBatchStand() {
        Write.Roll late = new Write.Roll("gone", 3);
        queue.add(seen("a"));
        queue.add(late);
        queue.add(seen("b"));
        queue.pump();

        run();

        assertThat(batches).containsExactly(3);
        assertThat(refused).containsExactly(late);
        assertThat(runtimes()).containsExactly("a", "b");
    }

    @Test
    void aWriteThatTheDatabaseNeverTakesDoesNotHoldTheOthersUp() {
        Write.Seen poison = seen("x".repeat(300));
        for (int round = 0; round < 10; round++) {
            queue.add(seen("a" + round));
            queue.add(poison);
            queue.add(seen("b" + round));
            queue.pump();
            run();
        }

        assertThat(refused).contains(poison);
        assertThat(stored).doesNotContain(poison);
        assertThat(runtimes()).contains("a9", "b9");
        assertThat(failures).containsOnly(ErrorCode.STORAGE_UNAVAILABLE);
    }

    @Test
    void aStaleLeaderStoresNothing() {
        database.raiseTerm("another");
        queue.add(seen("a"));
        queue.pump();

        run();

        assertThat(failures).containsExactly(ErrorCode.NOT_LEADER);
        assertThat(runtimes()).isEmpty();
    }

    @Test
    void whatAFormerBoardDecidedIsDropped() {
        queue.add(seen("a"));
        queue.begin(new Board(Cluster.TIMING, database.raiseTerm("test"), 0));
        queue.add(seen("b"));
        queue.pump();

        run();

        assertThat(runtimes()).containsExactly("b");
    }
}
