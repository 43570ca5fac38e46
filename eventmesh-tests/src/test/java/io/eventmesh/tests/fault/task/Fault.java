package io.eventmesh.tests.fault.task;

import io.eventmesh.tests.fault.task.TaskDatabase.Owner;
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
        PAUSE
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

    boolean hitsLeader() {
        return victim != Victim.RUNTIME;
    }

    boolean hitsRuntime() {
        return victim != Victim.LEADER;
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
            case PAUSE -> part.pause();
        }
    }

    /** What was killed is started again, what was paused goes on. */
    void undo(Part part) {
        switch (blow) {
            case KILL -> part.start();
            case PAUSE -> part.resume();
        }
    }
}
