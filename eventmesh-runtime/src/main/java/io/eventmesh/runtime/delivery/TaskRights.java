package io.eventmesh.runtime.delivery;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Which of a group's members still speak for their task: those with its newest right. */
final class TaskRights {
    private TaskRights() {}

    /**
     * Why a newcomer may not come: a newer right of the same task was seen, perhaps since the newcomer was let in by the
     * mesh, or a member has one. Null when it may.
     */
    static @Nullable EventMeshException refusal(
            Function<String, Optional<TaskFence>> rights, GroupState state, TaskFence given) {
        Optional<TaskFence> newest = rights.apply(given.task());
        if (newest.isPresent() && newest.get().isNewerThan(given)) {
            return fenced(given, newest.get());
        }
        for (MemberState member : state.members()) {
            if (isSameTask(member, given) && member.fence != null && member.fence.isNewerThan(given)) {
                return fenced(given, member.fence);
            }
        }
        return null;
    }

    /** Ends the members that have an older right of the task. */
    static void endOlder(GroupState state, TaskFence newest) {
        for (MemberState member : state.members()) {
            if (isSameTask(member, newest) && member.fence != null && newest.isNewerThan(member.fence)) {
                state.leave(member, false);
                member.receiver.closed(fenced(member.fence, newest));
            }
        }
    }

    private static boolean isSameTask(MemberState member, TaskFence fence) {
        return member.fence != null && member.fence.task().equals(fence.task());
    }

    private static EventMeshException fenced(TaskFence old, TaskFence newest) {
        return new EventMeshException(
                ErrorCode.FENCED,
                "task %s: (term, epoch) (%d, %d) (expected: (%d, %d) or newer)"
                        .formatted(old.task(), old.term(), old.epoch(), newest.term(), newest.epoch()));
    }
}
