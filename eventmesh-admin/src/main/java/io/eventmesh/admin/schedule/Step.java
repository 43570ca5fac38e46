package io.eventmesh.admin.schedule;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How one kind of operation gets on, piece by piece.
 *
 * <p>Called by one thread at a time for each operation, on a thread that may block; different operations run at the same
 * time. A piece should take about a second at most: between two pieces the operation may be cancelled, may go on at the
 * next leader, and is shown. A piece may come twice after a change of leader, so doing it again must do no harm.
 */
public interface Step {
    /**
     * Does the next piece.
     *
     * @throws io.eventmesh.common.error.EventMeshException a retryable one has the same piece tried again after a while;
     *     any other ends the operation as failed
     */
    Progress run(Cursor cursor);

    /**
     * Where an operation stands.
     *
     * @param operation its id
     * @param namespace of the resource
     * @param resource what it works on
     * @param request JSON object, as it was asked for
     * @param at what the last piece answered; empty at first
     * @param most how many may be done now, at least 1
     */
    record Cursor(String operation, String namespace, String resource, String request, String at, int most) {}

    /**
     * What a piece did.
     *
     * @param at where the next one begins
     * @param done how many it did
     * @param failed how many it could not do
     * @param skipped how many it left out on purpose
     * @param total how many there are in all; null when that is not known
     * @param ended nothing is left
     * @param result JSON object for people, shown when it has ended; null for none
     * @param pause before the next piece
     */
    record Progress(
            String at,
            long done,
            long failed,
            long skipped,
            @Nullable Long total,
            boolean ended,
            @Nullable String result,
            Duration pause) {

        /** Something was done, and more is left. */
        public static Progress more(String at, long done, @Nullable Long total) {
            return new Progress(at, done, 0, 0, total, false, null, Duration.ZERO);
        }

        /** Nothing is to be done yet. */
        public static Progress waiting(String at, @Nullable Long total, Duration pause) {
            return new Progress(at, 0, 0, 0, total, false, null, pause);
        }

        /** That was the last piece. */
        public static Progress end(String at, long done, @Nullable String result) {
            return new Progress(at, done, 0, 0, null, true, result, Duration.ZERO);
        }
    }
}
