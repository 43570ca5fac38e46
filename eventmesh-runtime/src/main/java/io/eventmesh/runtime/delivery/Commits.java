package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * When progress is stored: after so many finished events of a partition or a part of the group's window in bytes, or so
 * long after one. What is finished and not stored yet takes room in its stream. Part of one {@link GroupState}.
 */
final class Commits {
    private static final int WINDOW_PARTS = 4;

    private final Collection<PartitionWindow> windows;
    private final DeliverySettings settings;
    private final GroupEffects effects;
    private final MeshClock clock;

    private final long everyBytes;
    private long dueNanos;
    private boolean pending;

    /** @param windows all that there are, seen through */
    Commits(Collection<PartitionWindow> windows, DeliverySettings settings, GroupEffects effects, MeshClock clock) {
        this.windows = windows;
        this.settings = settings;
        this.effects = effects;
        this.clock = clock;
        this.everyBytes = settings.windowBytes() / WINDOW_PARTS;
    }

    /** An event is done, or held by the parking. */
    void finished(PartitionWindow window, long offset, int bytes) {
        window.progress.done(offset);
        window.uncommitted++;
        window.uncommittedBytes += bytes;
        if (window.uncommitted >= settings.commitEvery() || window.uncommittedBytes >= everyBytes) {
            commit(window);
        } else {
            plan();
        }
    }

    void committed(PartitionWindow window, @Nullable EventMeshException failure) {
        window.committing = false;
        if (failure != null && failure.code() != ErrorCode.FENCED && !window.dropped) {
            window.uncommitted++;
        }
        if (window.uncommitted > 0 && !window.dropped) {
            plan();
        }
    }

    /** {@link Long#MAX_VALUE} for never. */
    long nextDueNanos() {
        return pending ? dueNanos : Long.MAX_VALUE;
    }

    void fire(long now) {
        if (pending && dueNanos - now <= 0) {
            commitAll();
        }
    }

    /** Stores what is done and not stored yet. */
    void commitAll() {
        pending = false;
        windows.forEach(this::commit);
    }

    boolean isCommitted() {
        return windows.stream().allMatch(Commits::isCommitted);
    }

    static boolean isCommitted(PartitionWindow window) {
        return window.uncommitted == 0 && !window.committing;
    }

    private void plan() {
        if (!pending) {
            pending = true;
            dueNanos = clock.nanoTime() + settings.commitAfter().toNanos();
        }
    }

    /** Stores what is done of the partition and not stored yet. */
    void commit(PartitionWindow window) {
        if (window.uncommitted == 0 || window.committing) {
            return;
        }
        window.committing = true;
        window.uncommitted = 0;
        window.uncommittedBytes = 0;
        effects.commit(window, window.progress.progress());
    }
}
