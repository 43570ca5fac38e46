package io.eventmesh.test;

import io.cloudevents.CloudEvent;
import io.eventmesh.common.error.ErrorCode;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.spi.event.CloudEvents;
import io.eventmesh.spi.storage.EventRecord;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks into the mesh of a test, and breaks it on purpose. Thread-safe; the methods that wait do so on the calling
 * thread.
 */
public final class MeshProbe {
    private static final Duration LOOK_EVERY = Duration.ofMillis(10);

    private final MeshUnderTest mesh;
    private final MeshReading reading;
    private final PlannedFailures failures;
    private final MeshClock clock;

    MeshProbe(MeshUnderTest mesh, MeshReading reading, PlannedFailures failures, MeshClock clock) {
        this.mesh = mesh;
        this.reading = reading;
        this.failures = failures;
        this.clock = clock;
    }

    /**
     * Waits until the mesh stored so many events, counted from the beginning of the test method.
     *
     * @param pattern a topic or a pattern of topics
     * @return all that it keeps by then, in the order of their storing
     * @throws AssertionError when they do not come in time
     */
    public List<CloudEvent> await(String pattern, int count, Duration within) {
        List<CloudEvent> events = events(reading.read(pattern, count, within));
        require(events.size() >= count, pattern, "events", events.size(), count, within);
        return events;
    }

    /** The dead letters of a topic or of a group, in the order of their storing; why they are there stands on them. */
    public List<CloudEvent> dlq(String topicOrGroup) {
        return events(reading.deadLetters().stream()
                .filter(record -> isOf(record, topicOrGroup))
                .toList());
    }

    /**
     * Waits until there are so many dead letters of a topic or of a group.
     *
     * @throws AssertionError when they do not come in time
     */
    public List<CloudEvent> awaitDlq(String topicOrGroup, int count, Duration within) {
        long end = clock.nanoTime() + within.toNanos();
        List<CloudEvent> letters = dlq(topicOrGroup);
        while (letters.size() < count && clock.nanoTime() - end < 0) {
            LockSupport.parkNanos(LOOK_EVERY.toNanos());
            letters = dlq(topicOrGroup);
        }
        require(letters.size() >= count, topicOrGroup, "dead letters", letters.size(), count, within);
        return letters;
    }

    /** Lets the next publishes and requests to a topic fail with STORAGE_UNAVAILABLE, from whatever client. */
    public void failNext(String topic, int count) {
        failNext(topic, count, ErrorCode.STORAGE_UNAVAILABLE);
    }

    /** Lets the next publishes and requests to a topic fail with a code, from whatever client. */
    public void failNext(String topic, int count, ErrorCode code) {
        failures.plan(topic, count, code);
    }

    /**
     * Cuts all connections to the mesh, which lives on: clients connect again, and what was delivered and not settled is
     * offered again. Returns when the mesh can be reached again.
     */
    public void dropConnections() {
        mesh.dropConnections();
    }

    /**
     * Where clients of the application's own find the mesh, for {@code EventMesh.connect}.
     *
     * @throws IllegalStateException when the test did not ask for {@link Transport#GRPC}
     */
    public String address() {
        return mesh.address();
    }

    private static boolean isOf(EventRecord record, String topicOrGroup) {
        return topicOrGroup.equals(record.event().attribute("dltopic"))
                || record.topic().value().endsWith("/group/" + topicOrGroup);
    }

    private static List<CloudEvent> events(List<EventRecord> records) {
        return records.stream()
                .map(record -> CloudEvents.toCloudEvent(record.event()))
                .toList();
    }

    private static void require(boolean holds, String where, String what, int found, int count, Duration within) {
        if (!holds) {
            throw new AssertionError("%s: %d %s within %s (expected: %d)".formatted(where, found, what, within, count));
        }
    }
}
