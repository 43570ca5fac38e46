package io.eventmesh.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/** The threads that came up since a moment, to see that a component takes its own with it. */
public final class Threads {
    /** Threads of the JVM and of test tools that come and go by themselves. */
    private static final List<String> FOREIGN = List.of(
            "ForkJoinPool.commonPool",
            "Attach Listener",
            "Common-Cleaner",
            "Cleaner-",
            "process reaper",
            "junit-",
            "awaitility",
            "surefire",
            "Keep-Alive-",
            "globalEventExecutor",
            "threadDeathWatcher",
            "CompletableFutureDelayScheduler",
            "Netty-internal");

    private final Set<Thread> before = Thread.getAllStackTraces().keySet();

    private final List<String> others;

    private Threads(List<String> others) {
        this.others = others;
    }

    /** Remembers the threads of now. */
    public static Threads now() {
        return besides(List.of());
    }

    /**
     * Remembers the threads of now.
     *
     * @param others how the names of threads begin that may come up besides, such as those of a stand-in
     */
    public static Threads besides(List<String> others) {
        return new Threads(List.copyOf(others));
    }

    /** The names of the threads that have come up since and live. */
    public Set<String> since() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread) && thread.isAlive())
                .map(Thread::getName)
                .filter(name -> FOREIGN.stream().noneMatch(name::startsWith)
                        && others.stream().noneMatch(name::startsWith))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Fails when threads that have come up since still live after a few seconds. */
    public void assertNoneLeft() {
        Awaitility.await("threads ended")
                .atMost(Duration.ofSeconds(5))
                .pollInterval(Duration.ofMillis(20))
                .pollInSameThread()
                .untilAsserted(() -> assertThat(since()).isEmpty());
    }
}
