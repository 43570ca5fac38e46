package io.eventmesh.runtime.delivery;

import io.eventmesh.common.time.Scheduler;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Partitions that a group gives up in good order: nothing more of them is offered, what is in flight may be settled for a
 * while, and the last progress is stored, so that the next owner repeats nothing. Belongs to the group's serial executor.
 */
final class Releases {
    /** Below the 5 s that a storage waits, so that the last commit has its time. */
    private static final Duration IN_FLIGHT = Duration.ofSeconds(3);

    private static final class Release {
        private final PartitionWindow window;
        private final CompletableFuture<Void> released;
        private boolean late;
        private boolean stored;

        Release(PartitionWindow window, CompletableFuture<Void> released) {
            this.window = window;
            this.released = released;
        }
    }

    private final GroupState state;
    private final Scheduler scheduler;
    private final Consumer<Runnable> steps;
    private final List<Release> open = new ArrayList<>();

    /** @param steps runs a step of the group later */
    Releases(GroupState state, Scheduler scheduler, Consumer<Runnable> steps) {
        this.state = state;
        this.scheduler = scheduler;
        this.steps = steps;
    }

    /** @param released completed as soon as the partition may go */
    void begin(StreamPartition partition, long epoch, CompletableFuture<Void> released) {
        PartitionWindow window = state.releasing(partition, epoch);
        if (window == null) {
            released.complete(null);
            return;
        }
        Release release = new Release(window, released);
        open.add(release);
        Scheduler.Timer timer = scheduler.schedule(IN_FLIGHT, () -> steps.accept(() -> release.late = true));
        released.whenComplete((nothing, failure) -> timer.cancel());
    }

    /** After each step of the group. */
    void look() {
        if (!open.isEmpty()) {
            open.removeIf(this::isOver);
        }
    }

    private boolean isOver(Release release) {
        PartitionWindow window = release.window;
        boolean ready = window.isSettled() || release.late;
        if (ready && !release.stored && !window.dropped) {
            // once: what fails or comes later is stored in its time, if there is any
            release.stored = true;
            state.commit(window);
        }
        boolean over = window.dropped || (ready && Commits.isCommitted(window));
        if (over) {
            release.released.complete(null);
        }
        return over;
    }

    /** The group is closed. */
    void end() {
        open.forEach(release -> release.released.complete(null));
        open.clear();
    }
}
