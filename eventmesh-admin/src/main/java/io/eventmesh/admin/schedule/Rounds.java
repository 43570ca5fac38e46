package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.TaskRow;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.mesh.TaskFence;
import io.eventmesh.spi.meta.MetaStore;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out what the board of a term decides: stores its writes, publishes rights, tells runtimes.
 *
 * <p>For the leader's serial executor.
 */
final class Rounds {
    private static final Logger log = LoggerFactory.getLogger(Rounds.class);

    /** What only the leader can do about an outcome. */
    interface Consequences {
        /** The database knows a later term, or at least this one is published as the term of a right. */
        void overtaken(String why, long publishedTerm);

        /** What is stored is another than the board believes. */
        void reread();
    }

    private final Executor serial;
    private final MetaStore meta;
    private final MeshClock clock;
    private final Fences fences;
    private final LeaseKeys keys;
    private final Lines lines;
    private final WriteQueue writes;
    private final Consequences consequences;
    private @Nullable Board board;
    private long definitions;
    private boolean storeFails;
    private volatile Set<String> known = Set.of();

    Rounds(
            Executor serial,
            MetaStore meta,
            MeshClock clock,
            Fences fences,
            LeaseKeys keys,
            Lines lines,
            WriteLog log,
            Executor store,
            Consequences consequences) {
        this.serial = serial;
        this.meta = meta;
        this.clock = clock;
        this.fences = fences;
        this.keys = keys;
        this.lines = lines;
        this.writes = new WriteQueue(log, store, serial, this::settled);
        this.consequences = consequences;
    }

    /** From now on this board decides. */
    void begin(Board deciding) {
        board = deciding;
        writes.begin(deciding);
        fences.sweep(() -> known);
    }

    /** Nobody decides here any longer. */
    void end(EventMeshException cause) {
        board = null;
        writes.begin(null);
        lines.endAll(cause);
    }

    @Nullable
    Board board() {
        return board;
    }

    /** The meta store is back, and may have lost what was published. */
    void publishAgain() {
        Board deciding = board;
        if (deciding != null) {
            deciding.publishAgain();
            keys.publish();
        }
    }

    void report(Board deciding, Report report, Line line) {
        lines.answer(report, line, deciding.report(report, clock.nanoTime()), definitions);
        run();
    }

    void disconnected(String runtime, String incarnation, Line line) {
        Board deciding = board;
        if (lines.close(runtime, line) && deciding != null) {
            deciding.disconnected(runtime, incarnation, clock.nanoTime());
            run();
        }
    }

    void take(Stored stored) {
        Board deciding = board;
        if (deciding != null) {
            definitions = Math.max(definitions, stored.definitions());
            deciding.load(stored.tasks());
            deciding.loadRuntimes(stored.runtimes());
            known = stored.tasks().stream().map(TaskRow::id).collect(Collectors.toUnmodifiableSet());
            run();
        }
    }

    /** Asks the board, if there is one. */
    <T> void ask(CompletableFuture<T> answer, Function<Board, T> question, EventMeshException without) {
        Board deciding = board;
        if (deciding == null) {
            answer.completeExceptionally(without);
            return;
        }
        try {
            answer.complete(question.apply(deciding));
        } catch (EventMeshException refused) {
            answer.completeExceptionally(refused);
        }
    }

    /** Tells runtimes what is news. */
    void push() {
        if (board != null) {
            lines.push(board, definitions);
        }
    }

    boolean isConnected(String runtime) {
        return lines.isOpen(runtime);
    }

    /** Decides, and carries it out. */
    void run() {
        Board deciding = board;
        if (deciding == null) {
            return;
        }
        for (Write write : deciding.decide(clock.nanoTime(), meta.connected())) {
            if (write instanceof Write.Fence fence) {
                raise(deciding, fence);
            } else {
                writes.add(write);
            }
        }
        writes.pump();
        push();
    }

    private void raise(Board deciding, Write.Fence fence) {
        TaskFence right = new TaskFence(fence.task(), fence.term(), fence.epoch());
        fences.raise(right)
                .whenComplete((published, failure) -> serial.execute(() -> {
                    if (board != deciding) {
                        return;
                    }
                    if (failure != null) {
                        refused(deciding, fence, EventMeshException.of(failure));
                    } else if (!published.isNewerThan(right)) {
                        deciding.applied(fence, clock.millis());
                        run();
                    } else {
                        outranked(deciding, fence, published);
                    }
                }));
    }

    /** The meta store knows a newer right than the database: the latter was restored from an older copy. */
    private void outranked(Board deciding, Write.Fence fence, TaskFence published) {
        log.warn(
                "A newer right is published than is stored, the task is given anew. task={} term={} published={}",
                fence.task(),
                deciding.term(),
                published.term());
        if (published.term() >= deciding.term()) {
            consequences.overtaken("a later term was published", published.term());
        } else {
            deciding.outranked(fence);
            run();
        }
    }

    private void settled(Board deciding, List<Write> batch, List<Boolean> done, @Nullable EventMeshException failure) {
        if (board != deciding) {
            return;
        }
        if (failure != null) {
            batch.forEach(write -> deciding.refused(write));
            fails(batch.get(0), failure);
            return;
        }
        storeFails = false;
        boolean reread = false;
        for (int i = 0; i < batch.size(); i++) {
            Write write = batch.get(i);
            if (done.get(i)) {
                stored(deciding, write);
                reread |= write instanceof Write.GiveBack;
            } else {
                deciding.refused(write);
                reread = true;
            }
        }
        if (reread) {
            consequences.reread();
        }
        run();
    }

    private void stored(Board deciding, Write write) {
        if (write instanceof Write.Remove remove) {
            fences.bury(new TaskFence(remove.task(), deciding.term(), remove.epoch()));
        } else if (write instanceof Write.Gone gone) {
            keys.forget(gone.runtime());
        }
        deciding.applied(write, clock.millis());
    }

    private void refused(Board deciding, Write write, EventMeshException failure) {
        deciding.refused(write);
        fails(write, failure);
    }

    private void fails(Write write, EventMeshException failure) {
        if (failure.code() == ErrorCode.NOT_LEADER) {
            consequences.overtaken("a later term began", 0);
        } else if (!storeFails) {
            storeFails = true;
            log.warn("Scheduling waits. write={} error={}", write.getClass().getSimpleName(), failure.code());
        }
    }
}
