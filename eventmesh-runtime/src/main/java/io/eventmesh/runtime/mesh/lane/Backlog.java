package io.eventmesh.runtime.mesh.lane;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.thread.Stages;
import io.eventmesh.common.topic.SubscriptionName;
import io.eventmesh.spi.storage.EventRecord;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What waits for one target in a stream of its own. While it is FILLING every event from the outbox goes there, so that
 * events of a key stay in their order; once all that was put there is done, events go straight to the target again. Belongs
 * to one lane, whose steps it runs in.
 */
final class Backlog {
    private final Backlogs store;
    private final SubscriptionName group;
    private final Executor steps;
    private boolean filling;
    private boolean made;
    private boolean looking;
    private int appending;
    /** Grows with each append, so that a look knows whether something came meanwhile. */
    private long appended;

    Backlog(Backlogs store, SubscriptionName group, Executor steps) {
        this.store = store;
        this.group = group;
        this.steps = steps;
    }

    SubscriptionName group() {
        return group;
    }

    boolean isFilling() {
        return filling;
    }

    /** Events are put aside from now on. */
    void begin() {
        filling = true;
    }

    /** Whether something may wait there by the doing of another owner of the outbox, or of an earlier process. */
    void beginIfThere() {
        if (!filling && store.isThere(group)) {
            filling = true;
        }
    }

    /** As {@link #beginIfThere}, but only for events that are known to wait. */
    void beginIfWaiting() {
        if (!filling && store.isThere(group) && store.waiting(group) > 0) {
            filling = true;
        }
    }

    /** About how many events wait. */
    long waiting() {
        return filling ? store.waiting(group) : 0;
    }

    /**
     * Puts an event aside.
     *
     * @param answer told in a step of the lane, be it this one: null when the event is stored
     */
    void put(EventRecord record, String target, Consumer<@Nullable EventMeshException> answer) {
        appending++;
        appended++;
        CompletionStage<?> stored = made
                ? store.append(group, record, target)
                : make().thenCompose(ready -> store.append(group, record, target));
        if (Stages.hasSucceeded(stored)) {
            put(answer, null);
        } else {
            stored.whenComplete((position, failure) -> steps.execute(() -> put(answer, failure)));
        }
    }

    private void put(Consumer<@Nullable EventMeshException> answer, @Nullable Throwable failure) {
        appending--;
        answer.accept(failure == null ? null : EventMeshException.of(failure));
    }

    private CompletionStage<Void> make() {
        return store.make(group)
                .whenComplete((nothing, failure) -> steps.execute(() -> {
                    made = failure == null;
                }));
    }

    /**
     * Looks whether all is done that was put there; if so, it fills no more.
     *
     * @param over told in a step of the lane when that is so
     */
    void look(Runnable over) {
        if (!filling || looking || appending > 0) {
            return;
        }
        looking = true;
        long before = appended;
        store.isDone(group)
                .whenComplete((done, failure) -> steps.execute(() -> {
                    looking = false;
                    if (failure == null && done && appended == before && appending == 0) {
                        filling = false;
                        over.run();
                    }
                }));
    }
}
