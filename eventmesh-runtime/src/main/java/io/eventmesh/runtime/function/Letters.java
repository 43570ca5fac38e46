package io.eventmesh.runtime.function;

import io.eventmesh.common.error.EventMeshException;
import io.eventmesh.common.time.MeshClock;
import io.eventmesh.common.topic.TopicName;
import io.eventmesh.proto.v1.TargetDefinition;
import io.eventmesh.rules.Rule;
import io.eventmesh.rules.TargetName;
import io.eventmesh.runtime.DeadLetterText;
import io.eventmesh.runtime.delivery.DeadLetter;
import io.eventmesh.spi.event.Event;
import io.eventmesh.spi.mesh.Delivery;
import io.eventmesh.spi.mesh.Outgoing;
import io.eventmesh.spi.storage.EventRecord;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Makes the dead letters of events to which a rule could not be applied: untouched, with the reasons beside them. */
final class Letters {
    private final MeshClock clock;

    Letters(MeshClock clock) {
        this.clock = clock;
    }

    /** Why an event is a dead letter. */
    record Reason(String stage, String reason, EventMeshException why, int attempts, String exhausted) {
        /** For what no further attempt would heal. */
        static Reason permanent(String stage, String reason, EventMeshException why) {
            return new Reason(stage, reason, why, 1, "permanent");
        }
    }

    /** @param target its position among the rule's targets */
    Outgoing of(Delivery delivery, Rule rule, int target, Reason reason) {
        TargetName name = rule.targets().get(target);
        TargetDefinition definition = rule.definition().getTargets(target);
        String kept = definition.getDelivery().getDeadLetterTopic();
        TopicName topic =
                kept.isEmpty() ? DeadLetter.ofTarget(rule.bus().namespace(), name.path()) : TopicName.of(kept);
        EventRecord record = delivery.record();
        return new Outgoing(topic, event(delivery, name, reason), name.toString(), record.hops());
    }

    private Event event(Delivery delivery, TargetName target, Reason reason) {
        String now = Instant.ofEpochMilli(clock.millis()).toString();
        Map<String, String> why = new LinkedHashMap<>();
        why.put("dlreason", reason.reason());
        why.put("dlstage", reason.stage());
        why.put("dlcode", reason.why().code().name());
        why.put("dlmsg", DeadLetterText.cut(reason.why().reason()));
        why.put("dlattempts", Integer.toString(reason.attempts()));
        why.put("dlexhausted", reason.exhausted());
        why.put("dlfirsttime", now);
        why.put("dllasttime", now);
        why.put("dltopic", delivery.record().topic().value());
        why.put("dlposition", delivery.position().toString());
        why.put("dlowner", target.path());
        why.put("dlepoch", Long.toString(target.revision()));
        return delivery.record().event().with(why);
    }
}
