package io.eventmesh.tests.fault.cluster;

import static org.awaitility.Awaitility.await;

import io.eventmesh.common.time.MeshClock;
import io.eventmesh.sdk.EventMesh;
import io.eventmesh.testkit.checker.Audience;
import io.eventmesh.testkit.checker.Checker;
import io.eventmesh.testkit.checker.EventId;
import io.eventmesh.testkit.checker.Fate;
import io.eventmesh.testkit.checker.History;
import io.eventmesh.testkit.checker.Observation;
import io.eventmesh.testkit.checker.Outcome;
import io.eventmesh.testkit.checker.Place;
import io.eventmesh.testkit.checker.Verdict;
import io.eventmesh.tests.fault.Flood;
import io.eventmesh.tests.fault.FloodProcess;
import io.eventmesh.tests.fault.Publishing;
import io.eventmesh.tests.fault.Reroute;
import io.eventmesh.tests.fault.Route;
import io.eventmesh.tests.fault.Subscribers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Publishers in this process and subscribers in others, with the history of all of them; one round long, so that the
 * history fits. Used by one thread.
 */
final class Traffic implements AutoCloseable {
    private static final int PUBLISHERS = 2;
    private static final int MEMBERS = 3;
    private static final int SIZE = 100;
    private static final Duration MOVE_LIMIT = Duration.ofSeconds(90);
    private static final Duration REST_LIMIT = Duration.ofMinutes(2);
    /** What the members' windows hold together: no fault may bring more again, on average. */
    private static final int IN_FLIGHT = MEMBERS * Route.WINDOW;

    private final Route route;
    private final int rate;
    private final MeshClock clock = MeshClock.system();
    private final List<EventMesh> clients = new ArrayList<>();
    private final List<Publishing> floods = new ArrayList<>();
    private final Subscribers subscribers;
    private final List<Observation> disturbances = new ArrayList<>();
    private Duration slowest = Duration.ZERO;

    /**
     * Starts them.
     *
     * @param rate events a second
     * @param prefix what the command lines of clients begin with; empty for publishers in this process
     * @param address where clients find the mesh, see {@link Reroute}
     */
    Traffic(Route route, int rate, List<String> prefix, String address, Path directory) throws IOException {
        this.route = route;
        this.rate = rate;
        this.subscribers = new Subscribers(route, prefix, address, Files.createDirectories(directory));
        try {
            for (int i = 0; i < MEMBERS; i++) {
                subscribers.add();
            }
            subscribers.awaitReady();
            for (int i = 0; i < PUBLISHERS; i++) {
                publish(route.stream() + "-p" + i, prefix, address, directory);
            }
        } catch (IOException | RuntimeException | Error failure) {
            close();
            throw failure;
        }
    }

    private void publish(String name, List<String> prefix, String address, Path directory) throws IOException {
        int each = rate / PUBLISHERS;
        if (prefix.isEmpty()) {
            EventMesh client = Reroute.client(address);
            clients.add(client);
            Flood flood = new Flood(route, name, client, each, SIZE);
            floods.add(flood);
            flood.start();
        } else {
            floods.add(new FloodProcess(route, name, prefix, address, each, SIZE, directory));
        }
    }

    private int stored() {
        return floods.stream().mapToInt(Publishing::stored).sum();
    }

    /** Waits until as many events were stored as are published in so many milliseconds, and deliveries went on. */
    void awaitMoving(int millis) {
        int more = (int) (rate * (long) millis / 1_000);
        int stored = stored();
        long written = subscribers.written();
        try {
            await("events are stored and delivered")
                    .atMost(MOVE_LIMIT)
                    .pollInterval(Duration.ofMillis(20))
                    .until(() -> stored() >= stored + more && subscribers.written() > written);
        } catch (ConditionTimeoutException stuck) {
            throw new AssertionError(
                    "within %s: stored %d (expected: %d), bytes of what subscribers saw %d (expected: more), failures %s"
                            .formatted(
                                    MOVE_LIMIT, stored() - stored, more, subscribers.written() - written, failures()),
                    stuck);
        }
    }

    /** Something is about to go wrong. */
    void disturbed(String what) {
        disturbances.add(new Observation.Disturbed(clock.nanoTime(), route.group(), what, IN_FLIGHT));
    }

    /** So long it took after a fault until all was well again. */
    void ready(Duration took) {
        slowest = took.compareTo(slowest) > 0 ? took : slowest;
    }

    /** Publishes no more, waits for what is under way, and judges. */
    Tally finish() throws InterruptedException {
        for (Publishing flood : floods) {
            flood.stop();
        }
        await("every event is answered")
                .atMost(REST_LIMIT)
                .until(() -> floods.stream().allMatch(Publishing::isAnswered));
        try {
            await("everything stored is processed")
                    .atMost(REST_LIMIT)
                    .pollInterval(Duration.ofSeconds(1))
                    .until(() -> missing() == 0);
        } catch (ConditionTimeoutException lost) {
            // the checker names what is missing
        }
        History history = history();
        Verdict verdict = new Checker(List.of(Audience.ofAll(route.group())), false).check(history);
        long failed = floods.stream().mapToLong(Publishing::failed).sum();
        return Tally.of(disturbances.size(), verdict, AckOrder.inversions(history), failed, slowest);
    }

    /** What publishers were told first of a failure, for the record. */
    List<String> failures() {
        return floods.stream()
                .filter(flood -> flood.failed() > 0)
                .map(flood -> String.valueOf(flood.failure()))
                .toList();
    }

    private History history() {
        History history = new History();
        floods.forEach(flood -> flood.tell(history));
        subscribers.tell(history);
        history.addAll(disturbances);
        return history;
    }

    private int missing() {
        Set<EventId> open = new HashSet<>();
        Map<Place, EventId> offered = new HashMap<>();
        Set<EventId> done = new HashSet<>();
        for (Observation seen : history().inOrder()) {
            if (seen instanceof Observation.Answered answered && answered.outcome() == Outcome.OK) {
                open.add(answered.event());
            } else if (seen instanceof Observation.Offered offer) {
                offered.put(offer.place(), offer.event());
            } else if (seen instanceof Observation.Settled settled && settled.fate() == Fate.ACKED) {
                done.add(offered.get(settled.place()));
            }
        }
        open.removeAll(done);
        return open.size();
    }

    @Override
    public void close() {
        floods.forEach(Publishing::close);
        clients.forEach(EventMesh::close);
        subscribers.close();
    }
}
