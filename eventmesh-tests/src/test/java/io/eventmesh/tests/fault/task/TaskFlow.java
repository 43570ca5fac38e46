package io.eventmesh.tests.fault.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.tests.fault.task.plugin.Stamp;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;

/** What flows from the sources of a scene through its mesh to its sinks. Used by one thread. */
final class TaskFlow {
    static final Duration PATIENCE = Duration.ofSeconds(60);

    private final MeshClock clock = MeshClock.system();
    private final TaskScene scene;
    private final MeshTail tail;
    private final StoredRows rows;

    TaskFlow(TaskScene scene, MeshTail tail, StoredRows rows) {
        this.scene = scene;
        this.tail = tail;
        this.rows = rows;
    }

    /** The partitions of the sources, which are named as their tasks. */
    static List<String> partitions() {
        List<String> partitions = new ArrayList<>();
        for (int i = 0; i < TaskScene.SOURCES; i++) {
            partitions.add(TaskScene.SOURCE + "-" + i);
        }
        return partitions;
    }

    /** Waits until every process is ready and every source moves. */
    void awaitMoving() {
        scene.parts().forEach(Part::awaitReady);
        Map<String, Integer> before = partitions().stream().collect(Collectors.toMap(name -> name, tail::count));
        for (String partition : partitions()) {
            try {
                await().atMost(PATIENCE)
                        .pollInterval(Duration.ofMillis(50))
                        .until(() -> tail.count(partition) > Objects.requireNonNull(before.get(partition)) + 10);
            } catch (ConditionTimeoutException stuck) {
                throw new AssertionError("%s does not move%n%s".formatted(partition, scene.lastWords()), stuck);
            }
        }
    }

    /** The newest right under which each source spoke. */
    Map<String, Long> epochs() {
        return partitions().stream()
                .collect(Collectors.toMap(
                        name -> name,
                        name -> tail.seen(name).stream()
                                .mapToLong(Stamp::epoch)
                                .max()
                                .orElse(0)));
    }

    /** When a source read the last number that was stored. */
    long lastMillis() {
        return partitions().stream()
                .flatMap(name -> tail.seen(name).stream())
                .mapToLong(Stamp::atMillis)
                .max()
                .orElse(0);
    }

    /** The longest time since then in which some source read nothing that was stored, in milliseconds. */
    long longestGap(long sinceMillis) {
        long longest = 0;
        for (String partition : partitions()) {
            long last = sinceMillis;
            for (Stamp stamp : tail.seen(partition)) {
                longest = Math.max(longest, stamp.atMillis() - last);
                last = Math.max(last, stamp.atMillis());
            }
        }
        return longest;
    }

    /** Stops the sources and waits until the sinks have what they published; everything must still run then. */
    void finish() {
        scene.stopSources();
        await("the sources have stopped").atMost(PATIENCE).until(() -> scene.owned(TaskScene.SOURCE) == 0);
        long[] before = {-1, clock.nanoTime()};
        await("the sinks have everything")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    long now = rows.rows().size()
                            + partitions().stream().mapToLong(tail::count).sum();
                    if (now != before[0]) {
                        before[0] = now;
                        before[1] = clock.nanoTime();
                    }
                    // what is missing may still come from a member that is gone, after its time is out
                    return clock.nanoTime() - before[1] > TimeUnit.SECONDS.toNanos(isComplete() ? 2 : 20);
                });
        scene.parts()
                .forEach(part -> assertThat(part.process().isAlive())
                        .as("%s: %s", part, part.process().err())
                        .isTrue());
    }

    private boolean isComplete() {
        Set<String> written = rows.rows().stream().map(TaskFlow::name).collect(Collectors.toSet());
        Predicate<Stamp> there = stamp -> written.contains(name(stamp));
        return tail.stored().values().stream()
                .allMatch(stamps -> stamps.stream().allMatch(there));
    }

    private static String name(Stamp stamp) {
        return stamp.partition() + " " + stamp.number();
    }
}
