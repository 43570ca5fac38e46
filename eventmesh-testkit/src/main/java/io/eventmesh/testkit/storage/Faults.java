package io.eventmesh.testkit.storage;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Which calls of a {@link FaultyStorage} fail, are answered late, or lose their answer. Calls are counted for each operation, from 1.
 *
 * <p>Thread-safe.
 */
public final class Faults {
    /** What can fail. */
    public enum Operation {
        CREATE_STREAM,
        DELETE_STREAM,
        PURGE_STREAM,
        PEEK,
        APPEND,
        CREATE_GROUP,
        ALTER_GROUP,
        PAUSE_GROUP,
        MOVE_GROUP,
        DELETE_GROUP,
        OPEN_READER,
        REQUEST,
        COMMIT,
        PARK,
        REPARK,
        REMOVE,
        TICKETS,
        READ
    }

    private static final class Plan {
        private int calls;
        private final Map<Integer, ErrorCode> failing = new HashMap<>();
        private final List<Integer> delayed = new ArrayList<>();
        private final List<Integer> lost = new ArrayList<>();
        private @Nullable ErrorCode all;
        private boolean delayAll;
    }

    private final Map<Operation, Plan> plans = new EnumMap<>(Operation.class);
    private final List<Runnable> held = new ArrayList<>();

    /** The n-th call from now on (1 is the next) fails and does not take place. */
    public synchronized Faults fail(Operation operation, int nth, ErrorCode code) {
        Plan plan = plan(operation);
        plan.failing.put(plan.calls + nth, code);
        return this;
    }

    /** Every call fails until {@link #heal}. */
    public synchronized Faults failAll(Operation operation, ErrorCode code) {
        plan(operation).all = code;
        return this;
    }

    /** The n-th call from now on (1 is the next) takes place, but is answered only at {@link #release}. */
    public synchronized Faults delay(Operation operation, int nth) {
        Plan plan = plan(operation);
        plan.delayed.add(plan.calls + nth);
        return this;
    }

    /** The n-th call from now on (1 is the next) takes place, but its answer is lost: STORAGE_UNAVAILABLE. */
    public synchronized Faults lose(Operation operation, int nth) {
        Plan plan = plan(operation);
        plan.lost.add(plan.calls + nth);
        return this;
    }

    /** Every call is answered only at {@link #release}. */
    public synchronized Faults delayAll(Operation operation) {
        plan(operation).delayAll = true;
        return this;
    }

    /** Nothing fails or waits any more, from the next call on. */
    public synchronized Faults heal() {
        plans.values().forEach(plan -> {
            plan.all = null;
            plan.delayAll = false;
            plan.failing.clear();
            plan.delayed.clear();
            plan.lost.clear();
        });
        return this;
    }

    /** Gives the answers that were held back, in the order of the calls, on this thread. */
    public void release() {
        List<Runnable> answers;
        synchronized (this) {
            answers = List.copyOf(held);
            held.clear();
        }
        answers.forEach(Runnable::run);
    }

    /** How often the operation was called. */
    public synchronized int calls(Operation operation) {
        return plan(operation).calls;
    }

    /** How many answers are held back. */
    public synchronized int held() {
        return held.size();
    }

    <T> CompletionStage<T> call(Operation operation, Supplier<CompletionStage<T>> behind) {
        CompletableFuture<T> later;
        boolean lost;
        synchronized (this) {
            EventMeshException failure = failure(operation);
            if (failure != null) {
                return CompletableFuture.failedFuture(failure);
            }
            Plan plan = plan(operation);
            lost = plan.lost.remove((Integer) plan.calls);
            if (!plan.delayAll && !plan.delayed.remove((Integer) plan.calls)) {
                later = null;
            } else {
                later = new CompletableFuture<>();
            }
        }
        CompletionStage<T> answer = lost ? withoutAnswer(operation, behind.get()) : behind.get();
        if (later == null) {
            return answer;
        }
        CompletableFuture<T> held = later;
        hold(() -> answer.whenComplete((value, failure) -> {
            if (failure == null) {
                held.complete(value);
            } else {
                held.completeExceptionally(failure);
            }
        }));
        return held;
    }

    private static <T> CompletionStage<T> withoutAnswer(Operation operation, CompletionStage<T> behind) {
        return behind.thenApply(value -> {
            throw new EventMeshException(ErrorCode.STORAGE_UNAVAILABLE, operation + ": the answer is lost on purpose");
        });
    }

    /** Counts a call, and says by what it fails. */
    synchronized @Nullable EventMeshException failure(Operation operation) {
        Plan plan = plan(operation);
        plan.calls++;
        ErrorCode code = plan.failing.remove(plan.calls);
        if (code == null) {
            code = plan.all;
        }
        return code == null
                ? null
                : new EventMeshException(code, "%s: call %s fails on purpose".formatted(operation, plan.calls));
    }

    private synchronized void hold(Runnable answer) {
        held.add(answer);
    }

    private Plan plan(Operation operation) {
        return plans.computeIfAbsent(operation, each -> new Plan());
    }
}
