package io.eventmesh.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.cloudevents.CloudEvent;
import io.eventmesh.sdk.EventMesh;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What one step uses: addresses, a topic prefix of its own, and what must be undone at the end, in reverse. */
final class QuickstartRun implements AutoCloseable {
    private static final int HELD = 1_000;

    private final Addresses addresses;
    private final boolean broken;
    private final Duration limit;
    private final String name = "quickstart-" + UUID.randomUUID().toString().substring(0, 8);
    private final Deque<Runnable> undo = new ArrayDeque<>();

    QuickstartRun(Addresses addresses, boolean broken, Duration limit) {
        this.addresses = addresses;
        this.broken = broken;
        this.limit = limit;
    }

    /** Whether this step shall be spoiled. */
    boolean isBroken() {
        return broken;
    }

    /** A name that no other run has, also the first level of its topics. */
    String name() {
        return name;
    }

    Http admin() {
        return addresses.admin();
    }

    Http mesh() {
        return addresses.mesh();
    }

    /** Publishes JSON and answers the event's id. */
    String publish(String topic, String json) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("ce-specversion", "1.0");
        headers.put("ce-id", UUID.randomUUID().toString());
        headers.put("ce-source", "/quickstart");
        headers.put("ce-type", "quickstart.event");
        headers.put("content-type", "application/json");
        JsonNode answer = mesh().post("/v1/topics/" + topic + "/events", headers, json.getBytes(StandardCharsets.UTF_8))
                .required();
        return answer.path("id").asText();
    }

    /** Creates a resource of the admin that is deleted at the end. */
    void create(String path, JsonNode resource) {
        admin().put(path, Map.of("if-none-match", "*"), resource).required();
        onClose(() -> admin().delete(path, Map.of("if-match", "*")));
    }

    /** Subscribes until the end; what comes waits in the queue. */
    BlockingQueue<CloudEvent> listen(String pattern) {
        BlockingQueue<CloudEvent> received = new ArrayBlockingQueue<>(HELD);
        EventMesh client = EventMesh.connect(addresses.mesh);
        onClose(client::close);
        client.subscribe(pattern, "")
                .handle((event, delivery) -> received.add(event))
                .ready()
                .join();
        return received;
    }

    /** Waits for an event that is as wanted; null when none came in time. */
    @Nullable
    CloudEvent await(BlockingQueue<CloudEvent> received, Predicate<CloudEvent> wanted) {
        long until = System.nanoTime() + limit.toNanos();
        try {
            while (true) {
                long left = until - System.nanoTime();
                CloudEvent event = left <= 0 ? null : received.poll(left, TimeUnit.NANOSECONDS);
                if (event == null || wanted.test(event)) {
                    return event;
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    Duration limit() {
        return limit;
    }

    void onClose(Runnable action) {
        undo.push(action);
    }

    @Override
    public void close() {
        CliException failure = null;
        while (!undo.isEmpty()) {
            try {
                undo.pop().run();
            } catch (CliException notUndone) {
                failure = notUndone;
            }
        }
        if (failure != null) {
            throw new CliException(CliException.FAILED, "clean-up: " + failure.reason(), "");
        }
    }
}
