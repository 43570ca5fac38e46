package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.runtime.DeadLetterText;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Makes the dead letters of a source task, and of a sink task whose connector has a topic of its own for them: the
 * untouched event and why it went no further.
 */
final class DeadLetters {
    /** Where a record failed. */
    enum Stage {
        /** What the connector gave is no event. */
        DECODE("decode"),
        /** The connector's filter fails. */
        FILTER("filter"),
        /** A transform does not take it. */
        TRANSFORM("transform"),
        /** The sink refuses it. */
        PUT("put"),
        /** The mesh refused it. */
        PUBLISH("publish");

        private final String text;

        Stage(String text) {
            this.text = text;
        }
    }

    /** The type of a dead letter whose event breaks so many rules that it can only be kept as data. */
    static final String ENVELOPE_TYPE = "io.eventmesh.deadletter";

    private static final String EVENT_BYTES = "application/cloudevents+protobuf";
    private static final int MAX_ENVELOPED = 256 << 10;

    private final TopicName topic;
    private final TaskDefinition task;
    private final TaskFence fence;
    private final MeshClock clock;

    DeadLetters(TaskDefinition task, TopicName topic, TaskFence fence, MeshClock clock) {
        this.topic = topic;
        this.task = task;
        this.fence = fence;
        this.clock = clock;
    }

    /**
     * The event itself with the reasons beside it.
     *
     * @param attempts how often it was sent
     * @param first when it was sent first
     */
    Outgoing of(Event event, Stage stage, String partition, int attempts, Instant first, EventMeshException why) {
        return new Outgoing(topic, event.with(reasons(stage, partition, attempts, first, why)));
    }

    /**
     * An event's bytes, cut to 256 KiB, as the data of an event that the mesh takes: for one that is too large or that
     * no topic takes.
     */
    Outgoing enveloped(Event event, String partition, int attempts, Instant first, EventMeshException why) {
        return envelope(
                event.id(), EVENT_BYTES, event.toByteArray(), reasons(Stage.PUBLISH, partition, attempts, first, why));
    }

    /**
     * An event that a sink task cannot move.
     *
     * @param stage where it failed
     */
    Outgoing of(Delivery delivery, Stage stage, EventMeshException why) {
        return new Outgoing(topic, delivery.record().event().with(reasons(delivery, stage, why)));
    }

    /** Its bytes, cut to 256 KiB, for one that the topic does not take as it is. */
    Outgoing enveloped(Delivery delivery, Stage stage, EventMeshException why) {
        Event event = delivery.record().event();
        return envelope(event.id(), EVENT_BYTES, event.toByteArray(), reasons(delivery, stage, why));
    }

    private Map<String, String> reasons(Delivery delivery, Stage stage, EventMeshException why) {
        Map<String, String> reasons =
                reasons(stage, delivery.position().toString(), delivery.attempt(), clock.instant(), why);
        reasons.put("dltopic", delivery.record().topic().value());
        return reasons;
    }

    /** Data that no event could be made of, cut to 256 KiB. */
    Outgoing undecodable(byte[] data, String id, String partition, EventMeshException why) {
        return envelope(
                id, "application/octet-stream", data, reasons(Stage.DECODE, partition, 0, clock.instant(), why));
    }

    private Outgoing envelope(String id, String contentType, byte[] bytes, Map<String, String> reasons) {
        boolean cut = bytes.length > MAX_ENVELOPED;
        Event envelope = Event.builder()
                .id(id)
                .source(SourcePipeline.source(task))
                .type(ENVELOPE_TYPE)
                .dataContentType(contentType)
                .attribute("truncated", cut)
                .attribute("originalsize", bytes.length)
                .data(cut ? Arrays.copyOf(bytes, MAX_ENVELOPED) : bytes)
                .build();
        return new Outgoing(topic, envelope.with(reasons));
    }

    private Map<String, String> reasons(
            Stage stage, String partition, int attempts, Instant first, EventMeshException why) {
        Map<String, String> reasons = new LinkedHashMap<>();
        reasons.put("dlreason", why.code().name());
        reasons.put("dlstage", stage.text);
        reasons.put("dlcode", why.code().name());
        reasons.put("dlmsg", FailureText.reason(why));
        reasons.put("dlattempts", Integer.toString(attempts));
        reasons.put("dlexhausted", "permanent");
        reasons.put("dlfirsttime", first.toString());
        reasons.put("dllasttime", clock.instant().toString());
        reasons.put("dltopic", task.getTopic());
        reasons.put("dlposition", DeadLetterText.cut(partition));
        reasons.put("dlowner", fence.task());
        reasons.put("dlepoch", fence.term() + ":" + fence.epoch());
        return reasons;
    }
}
