package io.eventmesh.storage.kafka;

import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.spi.storage.Progress;
import io.eventmesh.spi.storage.StreamPartition;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
import org.apache.kafka.common.errors.IllegalGenerationException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;

/**
 * Sends progress to the broker: the newest of each partition, one request at a time. Belongs to the reader's thread.
 *
 * <p>What failed for a moment is sent again; what came from a generation that is gone is answered FENCED.
 */
final class Commits {
    private final Membership membership;
    private final KnownProgress known;
    private final Collection<Assignment> assignments;

    private boolean onItsWay;
    private boolean again;

    /** @param assignments all that there are, seen through */
    Commits(Membership membership, KnownProgress known, Collection<Assignment> assignments) {
        this.membership = membership;
        this.known = known;
        this.assignments = assignments;
    }

    /** Sends what waits, unless something is on its way. */
    void send() {
        if (onItsWay) {
            return;
        }
        Map<Assignment, Assignment.Commit> commits = taken();
        if (commits.isEmpty()) {
            return;
        }
        onItsWay = true;
        again = false;
        try {
            membership.store(progress(commits), failure -> {
                onItsWay = false;
                answered(commits, failure);
                if (!again) {
                    send();
                }
            });
        } catch (KafkaException refused) {
            onItsWay = false;
            answered(commits, refused);
        }
    }

    /** Whether something has to be tried once more. */
    boolean triesAgain() {
        return again;
    }

    /** Sends what waits and waits for all that is on its way; what then is not stored fails. */
    void flush(Duration atMost) {
        Map<Assignment, Assignment.Commit> commits = taken();
        if (commits.isEmpty() && !onItsWay) {
            return;
        }
        try {
            while (true) {
                try {
                    membership.storeNow(progress(commits), atMost);
                    break;
                } catch (WakeupException late) {
                    // it was meant for a poll that had ended by itself
                }
            }
            answered(commits, null);
        } catch (KafkaException refused) {
            answered(commits, refused);
        }
    }

    /** Stores progress that the storage itself has found, before anything that the reader's owner commits. */
    void store(Assignment assignment, Progress progress, Duration atMost) {
        while (true) {
            try {
                membership.storeNow(Map.of(assignment, progress), atMost);
                stored(assignment, progress);
                return;
            } catch (WakeupException late) {
                // as above
            }
        }
    }

    private Map<Assignment, Assignment.Commit> taken() {
        Map<Assignment, Assignment.Commit> commits = new HashMap<>();
        for (Assignment assignment : assignments) {
            Assignment.Commit pending = assignment.takePending();
            if (pending != null) {
                commits.put(assignment, pending);
            }
        }
        return commits;
    }

    private static Map<Assignment, Progress> progress(Map<Assignment, Assignment.Commit> commits) {
        Map<Assignment, Progress> progress = new HashMap<>();
        commits.forEach((assignment, commit) -> progress.put(assignment, commit.progress()));
        return progress;
    }

    private void answered(Map<Assignment, Assignment.Commit> commits, @Nullable Exception failure) {
        if (failure == null) {
            commits.forEach((assignment, commit) -> {
                stored(assignment, commit.progress());
                commit.done();
            });
        } else if (isFenced(failure)) {
            commits.forEach((assignment, commit) -> commit.failed(fenced(assignment)));
        } else if (mayPass(failure)) {
            again = true;
            commits.forEach(Assignment::again);
        } else {
            EventMeshException ours = Clients.failure(failure);
            commits.values().forEach(commit -> commit.failed(ours));
        }
    }

    private void stored(Assignment assignment, Progress progress) {
        assignment.stored(progress);
        known.learned(
                membership.incarnation(),
                assignment.topicId(),
                assignment.partition().index(),
                progress);
    }

    private static boolean isFenced(Exception failure) {
        return failure instanceof CommitFailedException
                || failure instanceof IllegalGenerationException
                || failure instanceof UnknownMemberIdException
                || failure instanceof FencedInstanceIdException;
    }

    private static boolean mayPass(Exception failure) {
        return failure instanceof RetriableCommitFailedException
                || failure instanceof RebalanceInProgressException
                || failure instanceof RetriableException;
    }

    private static EventMeshException fenced(Assignment assignment) {
        return fenced(assignment.partition(), assignment.epoch());
    }

    static EventMeshException fenced(StreamPartition partition, long epoch) {
        return new EventMeshException(
                ErrorCode.FENCED, "epoch of %s: %s (expected: the current one)".formatted(partition, epoch));
    }
}
