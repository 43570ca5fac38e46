package io.eventmesh.tests.fault.task;

import io.eventmesh.tests.fault.task.TaskDatabase.Owner;
import java.time.Duration;
import java.util.List;
import java.util.Random;

/**
 * One thing that is done to a cluster.
 *
 * @param blow how
 * @param victim whom
 */
record Fault(Blow blow, Victim victim) {
    /** How. */
    enum Blow {
        /** SIGKILL, and a new start when its tasks run elsewhere. */
        KILL,
        /** SIGSTOP for longer than lease and session, then SIGCONT. */
        PAUSE,
        /** SIGSTOP until about the moment at which the leader gives the tasks away, then SIGCONT. */
        DOZE
    }

    /** Whom. */
    enum Victim {
        /** A connector runtime that has tasks. */
        RUNTIME,
        /** The leading admin. */
        LEADER,
        /** Both in one moment. */
        BOTH
    }

    static Fault random(Random random) {
        return new Fault(pick(Blow.values(), random), pick(Victim.values(), random));
    }

    private static <T> T pick(T[] values, Random random) {
        return values[random.nextInt(values.length)];
    }

    /** After how long it is undone. */
    Duration lasts(Timings timings, Random random) {
        return switch (blow) {
            case KILL, PAUSE -> timings.stop();
            case DOZE ->
                timings.lease()
                        .plusMillis(random.nextLong(timings.grace().toMillis()))
                        .plus(hitsLeader() ? timings.session() : Duration.ZERO);
        };
    }

    /** Whether it is certain that tasks get a newer right. */
    boolean takesTasks() {
        return blow != Blow.DOZE;
    }

    boolean hitsLeader() {
        return victim != Victim.RUNTIME;
    }

    /** Which parts it meets. */
    List<Part> parts(TaskScene scene, List<Owner> owners, Random random) {
        Part leader = scene.awaitLeader();
        Part runtime = scene.connector(owners.get(random.nextInt(owners.size())).runtime());
        return switch (victim) {
            case RUNTIME -> List.of(runtime);
            case LEADER -> List.of(leader);
            case BOTH -> List.of(leader, runtime);
        };
    }

    void strike(Part part) {
        switch (blow) {
            case KILL -> part.kill();
            case PAUSE, DOZE -> part.pause();
        }
    }

    /** What was killed is started again, what was paused goes on. */
    void undo(Part part) {
        switch (blow) {
            case KILL -> part.start();
            case PAUSE, DOZE -> part.resume();
        }
    }
}
