package io.eventmesh.runtime.connector;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.TaskDefinition;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.mesh.TaskFence;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes the dead letters of a source task: the untouched event and why the mesh would never take it. */
final class DeadLetters {
    /** The type of a dead letter whose event breaks so many rules that it can only be kept as data. */
    static final String ENVELOPE_TYPE = "io.eventmesh.deadletter";

    private static final int MAX_MESSAGE = 1_024;
    private static final int MAX_ENVELOPED = 256 << 10;

    private final TopicName topic;
    private final TaskDefinition task;
    private final TaskFence fence;
    private final MeshClock clock;

    DeadLetters(TaskDefinition task, TaskFence fence, MeshClock clock) {
        this.topic = TopicName.of("_dl/" + task.getNamespace() + "/connector/" + task.getConnector());
        this.task = task;
        this.fence = fence;
        this.clock = clock;
    }

    /** The event itself with the reasons beside it. */
    Outgoing of(Event event, String partition, EventMeshException why) {
        return new Outgoing(topic, event.with(reasons(partition, why)));
    }

    /**
     * The event's bytes, cut to 256 KiB, as the data of an event that the mesh takes: for one that is too large or that
     * no topic takes.
     */
    Outgoing enveloped(Event event, String id, String partition, EventMeshException why) {
        byte[] bytes = event.toByteArray();
        boolean cut = bytes.length > MAX_ENVELOPED;
        Event envelope = Event.builder()
                .id(id)
                .source(SourcePipeline.source(task))
                .type(ENVELOPE_TYPE)
                .dataContentType("application/cloudevents+protobuf")
                .attribute("truncated", cut)
                .attribute("originalsize", bytes.length)
                .data(cut ? Arrays.copyOf(bytes, MAX_ENVELOPED) : bytes)
                .build();
        return new Outgoing(topic, envelope.with(reasons(partition, why)));
    }

    private Map<String, String> reasons(String partition, EventMeshException why) {
        String now = clock.instant().toString();
        String message = why.reason();
        Map<String, String> reasons = new LinkedHashMap<>();
        reasons.put("dlreason", why.code().name());
        reasons.put("dlstage", "publish");
        reasons.put("dlcode", Integer.toString(why.code().number()));
        reasons.put("dlmsg", message.length() > MAX_MESSAGE ? message.substring(0, MAX_MESSAGE) : message);
        reasons.put("dlattempts", "1");
        reasons.put("dlexhausted", "permanent");
        reasons.put("dlfirsttime", now);
        reasons.put("dllasttime", now);
        reasons.put("dltopic", task.getTopic());
        reasons.put("dlposition", partition);
        reasons.put("dlowner", fence.task());
        reasons.put("dlepoch", fence.term() + ":" + fence.epoch());
        return reasons;
    }
}
