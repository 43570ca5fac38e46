package io.eventmesh.admin.schedule;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decisions on their way to the database: one batch at a time, in order. After a batch that failed the next ones are
 * smaller, so that a write which the database never takes does not hold the others up.
 *
 * <p>For the leader's serial executor; only the storing itself runs on the store's thread.
 */
final class WriteQueue {
    private static final Logger log = LoggerFactory.getLogger(WriteQueue.class);
    private static final int BATCH = 200;
    /** A write that always fails comes again within a few batches: only after more of them they may grow again. */
    private static final int GROW_AFTER = 16;
    /** Lines of history beyond this are left out; there is at most one other write for each task and runtime. */
    private static final int MAX_HISTORY = 10_000;

    /** What becomes of a batch. */
    interface Outcome {
        /**
         * @param done of each write whether it is stored
         * @param failure why none is, or null
         */
        void settled(Board board, List<Write> writes, List<Boolean> done, @Nullable EventMeshException failure);
    }

    private final WriteLog writeLog;
    private final Executor store;
    private final Executor serial;
    private final Outcome outcome;
    private final Queue<Write> waiting = new ArrayDeque<>();
    private @Nullable Board board;
    private boolean storing;
    private boolean leftOut;
    private int batch = BATCH;
    /** Batches stored since one failed. */
    private int inARow;

    /** @param store runs what blocks; refuses when it has too much to do */
    WriteQueue(WriteLog writes, Executor store, Executor serial, Outcome outcome) {
        this.writeLog = writes;
        this.store = store;
        this.serial = serial;
        this.outcome = outcome;
    }

    /** From now on this board decides; what another one decided is dropped. */
    void begin(@Nullable Board deciding) {
        if (board != deciding) {
            board = deciding;
            waiting.clear();
        }
    }

    void add(Write write) {
        if (write instanceof Write.History && waiting.size() >= MAX_HISTORY) {
            if (!leftOut) {
                leftOut = true;
                log.warn("History has gaps, the database does not follow. waiting={}", waiting.size());
            }
            return;
        }
        waiting.add(write);
    }

    /** Stores the next batch unless one is being stored. */
    void pump() {
        Board deciding = board;
        if (storing || deciding == null || waiting.isEmpty()) {
            return;
        }
        List<Write> writes = new ArrayList<>();
        while (writes.size() < batch && !waiting.isEmpty()) {
            writes.add(waiting.remove());
        }
        storing = true;
        try {
            store.execute(() -> carryOut(deciding, writes));
        } catch (EventMeshException full) {
            settle(deciding, writes, List.of(), full);
        }
    }

    private void carryOut(Board deciding, List<Write> writes) {
        List<Boolean> done = List.of();
        EventMeshException failure = null;
        try {
            done = writeLog.store(deciding.term(), writes);
        } catch (RuntimeException refused) {
            failure = EventMeshException.of(refused);
        }
        List<Boolean> stored = done;
        EventMeshException cause = failure;
        serial.execute(() -> settle(deciding, writes, stored, cause));
    }

    private void settle(Board deciding, List<Write> writes, List<Boolean> done, @Nullable EventMeshException failure) {
        storing = false;
        if (failure == null) {
            leftOut = false;
            if (++inARow >= GROW_AFTER) {
                inARow = 0;
                batch = Math.min(BATCH, batch * 2);
            }
        } else if (failure.code() != ErrorCode.NOT_LEADER) {
            inARow = 0;
            batch = Math.max(1, batch / 2);
        }
        if (board == deciding) {
            outcome.settled(deciding, writes, done, failure);
        }
        pump();
    }
}
