package io.eventmesh.admin.schedule;

import io.eventmesh.admin.database.Desired;
import io.eventmesh.admin.database.RuntimeRow.Marks;
import io.eventmesh.admin.database.RuntimeTable;
import io.eventmesh.admin.database.TaskTable;
import io.eventmesh.admin.database.TaskTable.TaskEvent;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.Names;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** What operators do: stored under the term first, then taken by the board. Thread-safe, never blocks. */
final class Operators implements TaskOperations {
    private final Leader leader;
    private final StoreThread store;
    private final Asks asks;
    private final MeshClock clock;

    Operators(Leader leader, StoreThread store, Asks asks, MeshClock clock) {
        this.leader = leader;
        this.store = store;
        this.asks = asks;
        this.clock = clock;
    }

    @Override
    public CompletionStage<TaskView> desire(String task, @Nullable Desired desired) {
        String wish = desired == null ? "as its connector" : desired.name();
        return leader.change(
                handle -> {
                    if (!TaskTable.desire(handle, task, desired)) {
                        throw Sight.unknown("task", task);
                    }
                    note(handle, task, "DESIRED", wish);
                },
                board -> board.sight().task(task));
    }

    @Override
    public CompletionStage<TaskView> restart(String task) {
        return leader.change(
                handle -> {
                    if (!TaskTable.restart(handle, task)) {
                        throw TaskTable.find(handle, task).isPresent()
                                ? Sight.unowned(task)
                                : Sight.unknown("task", task);
                    }
                    note(handle, task, "RESTART", "asked by an operator");
                },
                board -> board.sight().task(task));
    }

    @Override
    public CompletionStage<TaskView> move(String task, String runtime) {
        return leader.ask(board -> board.sight().movableEpoch(task, runtime, clock.nanoTime()))
                .thenCompose(epoch -> epoch.isEmpty() ? task(task) : move(task, runtime, epoch.get()));
    }

    private CompletionStage<TaskView> move(String task, String runtime, long epoch) {
        return leader.change(
                handle -> {
                    if (!TaskTable.move(handle, task, epoch, runtime)) {
                        throw Sight.unowned(task);
                    }
                    note(handle, task, "MOVE", "to " + (runtime.isEmpty() ? "another runtime" : runtime));
                },
                board -> board.sight().task(task));
    }

    private void note(Handle handle, String task, String kind, String message) {
        long epoch = TaskTable.find(handle, task)
                .map(row -> row.assignment().epoch())
                .orElse(0L);
        TaskTable.event(handle, task, new TaskEvent(0, epoch, clock.millis(), kind, message, ""));
    }

    @Override
    public CompletionStage<RuntimeView> cordon(String runtime, boolean cordoned) {
        return mark(runtime, marks -> new Marks(cordoned, marks.drained(), marks.drainMillis(), marks.revision()));
    }

    @Override
    public CompletionStage<RuntimeView> drain(String runtime, Duration timeout) {
        return mark(runtime, marks -> new Marks(marks.cordoned(), true, timeout.toMillis(), marks.revision()));
    }

    @Override
    public CompletionStage<RuntimeView> undrain(String runtime) {
        return mark(runtime, marks -> new Marks(marks.cordoned(), false, 0, marks.revision()));
    }

    private CompletionStage<RuntimeView> mark(String runtime, UnaryOperator<Marks> change) {
        return leader.change(
                handle -> {
                    Marks before = RuntimeTable.find(handle, runtime)
                            .orElseThrow(() -> Sight.unknown("runtime", runtime))
                            .marks();
                    Marks after = change.apply(before);
                    if (!after.equals(before)) {
                        RuntimeTable.mark(handle, runtime, after);
                    }
                },
                board -> board.sight().runtime(runtime, clock.nanoTime()));
    }

    @Override
    public CompletionStage<AskAnswer> ask(Ask.Connector ask) {
        return asked(board -> {
            Optional<String> runtime = board.sight().having(ask, clock.nanoTime(), leader::isConnected);
            return asks.ask(
                    runtime.orElseThrow(() -> new EventMeshException(
                            ErrorCode.PLUGIN_UNKNOWN,
                            "%s plugin: '%s' (expected: one that an alive connector runtime has)"
                                    .formatted(Names.shown(ask.kind()), Names.shown(ask.plugin())))),
                    ask);
        });
    }

    @Override
    public CompletionStage<AskAnswer> rescan(String runtime) {
        return asked(board -> {
            board.sight().requireHost(runtime);
            if (!leader.isConnected(runtime)) {
                throw new EventMeshException(
                        ErrorCode.PRECONDITION_FAILED,
                        "runtime: '%s' is not connected (expected: a connected one)".formatted(Names.shown(runtime)));
            }
            return asks.ask(runtime, new Ask.Rescan());
        });
    }

    private CompletionStage<AskAnswer> asked(Function<Board, CompletableFuture<AskAnswer>> question) {
        return leader.ask(question).thenCompose(answer -> {
            leader.push();
            return answer;
        });
    }

    @Override
    public CompletionStage<List<TaskView>> tasks() {
        return leader.ask(Board::tasks);
    }

    @Override
    public CompletionStage<TaskView> task(String task) {
        return leader.ask(board -> board.sight().task(task));
    }

    @Override
    public CompletionStage<List<RuntimeView>> runtimes() {
        return leader.ask(board -> board.sight().runtimes(clock.nanoTime()));
    }

    @Override
    public CompletionStage<RuntimeView> runtime(String runtime) {
        return leader.ask(board -> board.sight().runtime(runtime, clock.nanoTime()));
    }

    @Override
    public CompletionStage<List<TaskEvent>> history(String task, long before, int limit) {
        return store.read(handle -> TaskTable.events(handle, task, before, limit));
    }
}
